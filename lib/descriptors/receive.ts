// Where received bytes land. A piece that fills most of its slab is handed out as it is, and the slab is not
// used again; others are copied to memory of their own, or to the pool if they are small.
import type { Buffer } from 'node:buffer';
import { MSG_DONTWAIT, MSG_NOSIGNAL, MSG_OOB, MSG_PEEK, MSG_WAITALL } from '../system/constants.ts';
import type { Receive } from '../system/native.ts';
import { progress } from '../system/progress.ts';
import { copyOf, EMPTY, fills, pool, reservePool, takeFromPool } from './own_memory.ts';
import { piece } from './piece.ts';
import { LEAST, lend, slabFor, takeAlong } from './slab.ts';

/** The largest piece that one call receives. */
const MOST = 1 << 20;
/** With these flags, the system has written all the bytes that it counts. */
const WRITING = MSG_PEEK | MSG_DONTWAIT | MSG_WAITALL | MSG_OOB | MSG_NOSIGNAL;

/** What the addon is told, in the order of Landing in native/calls/transfer_calls.cc. */
const FLAGS = 0;
const SIZE = 1;
const PLACE = 2;
const fields = Int32Array.of(0, 0, 0, LEAST);
const landing = fields.buffer;

/**
 * Receives up to `size` bytes with `call`: a Buffer of the caller's own, or -errno. The call is best a
 * function in JavaScript around one of the addon's, because the engine is slow to call functions of
 * an addon that vary from call to call.
 */
export function receive(call: Receive, handle: number, size: number, flags = 0): Buffer | number {
  const room = Math.min(size, MOST);
  const slab = slabFor(room);
  const received = receiveInto(slab, call, handle, room, flags);
  if (received < 0) return received;
  // With MSG_TRUNC, the system also counts what it threw away.
  const count = Math.min(received, room);
  if (received < LEAST) return small(count);
  if (!fills(count, slab.byteLength)) {
    try {
      return copyOf(slab, 0, count);
    } catch {
      // Without memory for a copy, the piece takes its own along: it must not be lost.
    }
  }
  takeAlong(slab);
  return piece(slab, 0, count);
}

/** The same, but all that is not small is in a slab that is lent: see giveBack(). */
export function receiveLent(call: Receive, handle: number, size: number): Buffer | number {
  const room = Math.min(size, MOST);
  const slab = slabFor(room);
  const received = receiveInto(slab, call, handle, room, 0);
  if (received < 0) return received;
  if (received < LEAST) return small(received);
  lend(slab);
  return piece(slab, 0, received);
}

function receiveInto(slab: ArrayBufferLike, call: Receive, handle: number, room: number, flags: number): number {
  reservePool();
  // MSG_TRUNC discards a stream's bytes and counts them: what lay here before is nobody's business.
  if ((flags & ~WRITING) !== 0) new Uint8Array(slab, 0, room).fill(0);
  fields[FLAGS] = flags;
  fields[SIZE] = room;
  fields[PLACE] = pool.used;
  const received = call(handle, slab, pool.memory, landing);
  if (received > 0) progress.count++;
  return received;
}

/** A small piece, which the addon has copied to the pool. */
function small(count: number): Buffer {
  return count === 0 ? EMPTY : takeFromPool(count);
}
