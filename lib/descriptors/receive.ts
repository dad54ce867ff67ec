// Where received bytes land. Large pieces are handed out as views of a slab that is never written
// again there, so that nothing is copied and a returned Buffer stays valid forever; small ones are
// copied to a pool, like Node's own, so that a kept line does not keep a slab.
import { Buffer } from 'node:buffer';
import { markAsUntransferable } from 'node:worker_threads';
import type { Receive } from '../system/native.ts';
import { progress } from '../system/progress.ts';
import { piece } from './piece.ts';

/** Bytes. Small enough that keeping a piece does not keep much memory, and that it stays in the cache. */
const SLAB_SIZE = 1 << 18;
const POOL_SIZE = 1 << 13;
/** The largest piece that one call receives. */
const MOST = 1 << 20;
/** If more than this is asked for, the bytes go through a scratch buffer and are copied. */
const LARGE = 1 << 16;
/** Pieces below this go to the pool: a view would keep the whole slab alive for them. */
const LEAST = 1 << 10;

const EMPTY = Buffer.alloc(0);

function newMemory(size: number): ArrayBufferLike {
  const { buffer } = Buffer.allocUnsafeSlow(size);
  // Transferring one piece would take away the memory of all the others.
  markAsUntransferable(buffer);
  return buffer;
}

let slab = newMemory(SLAB_SIZE);
/** How many bytes of the slab have been handed out. */
let slabUsed = 0;
let pool = newMemory(POOL_SIZE);
let poolUsed = 0;
let scratch: ArrayBufferLike | undefined;

/** What the addon is told, in the order of Landing in native/calls/transfer_calls.cc. */
const FLAGS = 0;
const OFFSET = 1;
const SIZE = 2;
const PLACE = 3;
const fields = Int32Array.of(0, 0, 0, 0, LEAST);
const landing = fields.buffer;

/**
 * Receives up to `size` bytes with `call`: a Buffer of the caller's own, or -errno. The call is best a
 * function in JavaScript around one of the addon's, because the engine is slow to call functions of
 * an addon that vary from call to call.
 */
export function receive(call: Receive, handle: number, size: number, flags = 0): Buffer | number {
  const room = Math.min(size, MOST);
  const memory = reserve(room, flags);
  const received = call(handle, memory, pool, landing);
  return received < 0 ? received : take(received, memory, room);
}

/** Makes room for the next bytes: the memory that they go to. */
function reserve(room: number, flags: number): ArrayBufferLike {
  // Memory has length 0 if somebody took it away, by ArrayBuffer.prototype.transfer().
  if (pool.byteLength - poolUsed < LEAST) {
    pool = newMemory(POOL_SIZE);
    poolUsed = 0;
  }
  fields[FLAGS] = flags;
  fields[SIZE] = room;
  fields[PLACE] = poolUsed;
  if (room > LARGE) {
    fields[OFFSET] = 0;
    scratch ??= newMemory(MOST);
    return scratch;
  }
  if (slab.byteLength - slabUsed < room) {
    slab = newMemory(SLAB_SIZE);
    slabUsed = 0;
  }
  fields[OFFSET] = slabUsed;
  return slab;
}

/** The `received` bytes as a Buffer. */
function take(received: number, memory: ArrayBufferLike, room: number): Buffer {
  if (received > 0) progress.count++;
  // With MSG_TRUNC, the system also counts what it threw away.
  const count = Math.min(received, room);
  if (count === 0) return EMPTY;
  if (received < LEAST) {
    const place = poolUsed;
    poolUsed = place + count;
    return piece(pool, place, count);
  }
  if (memory !== slab) return Buffer.from(piece(memory, 0, count));
  const offset = slabUsed;
  slabUsed = offset + count;
  return piece(memory, offset, count);
}
