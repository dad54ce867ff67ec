// Where received bytes land. A piece that fills most of its memory is handed out as it is, and the memory
// is not used again; others are copied to memory of their own, or to the pool if they are small.
import { Buffer } from 'node:buffer';
import { MSG_DONTWAIT, MSG_NOSIGNAL, MSG_OOB, MSG_PEEK, MSG_WAITALL } from '../system/constants.ts';
import type { Receive } from '../system/native.ts';
import { progress } from '../system/progress.ts';
import { copyOf, EMPTY, fills, LEAST, pool, reservePool, takeFromPool } from './own_memory.ts';
import { piece } from './piece.ts';

/** The largest piece that one call receives. */
const MOST = 1 << 20;
/** With these flags, the system has written all the bytes that it counts. */
const WRITING = MSG_PEEK | MSG_DONTWAIT | MSG_WAITALL | MSG_OOB | MSG_NOSIGNAL;

/** Memory to receive into, by the logarithm of its size, until a piece takes it along. */
const memories: (ArrayBufferLike | undefined)[] = [];

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
  // The logarithm of the next power of two.
  const kind = 32 - Math.clz32(Math.max(room, LEAST) - 1);
  const memory = memories[kind] ?? newMemory(kind);
  reservePool();
  // MSG_TRUNC discards a stream's bytes and counts them: what lay here before is nobody's business.
  if ((flags & ~WRITING) !== 0) new Uint8Array(memory, 0, room).fill(0);
  fields[FLAGS] = flags;
  fields[SIZE] = room;
  fields[PLACE] = pool.used;
  const received = call(handle, memory, pool.memory, landing);
  return received < 0 ? received : take(received, kind, memory, room);
}

function newMemory(kind: number): ArrayBufferLike {
  const { buffer } = Buffer.allocUnsafeSlow(1 << kind);
  memories[kind] = buffer;
  return buffer;
}

/** The `received` bytes as a Buffer. */
function take(received: number, kind: number, memory: ArrayBufferLike, room: number): Buffer {
  if (received > 0) progress.count++;
  // With MSG_TRUNC, the system also counts what it threw away.
  const count = Math.min(received, room);
  if (count === 0) return EMPTY;
  // Then the addon has copied them to the pool.
  if (received < LEAST) return takeFromPool(count);
  if (!fills(count, memory.byteLength)) {
    try {
      return copyOf(memory, 0, count);
    } catch {
      // Without memory for a copy, the piece takes its own along: it must not be lost.
    }
  }
  memories[kind] = undefined;
  return piece(memory, 0, count);
}
