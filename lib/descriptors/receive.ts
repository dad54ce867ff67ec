// Where received bytes land. Large pieces are handed out as views of a slab that is never written
// again there, so that nothing is copied and a returned Buffer stays valid for ever; small ones are
// copied to a pool, as Node's own, so that a kept line does not keep a slab.
import { Buffer } from 'node:buffer';
import { markAsUntransferable } from 'node:worker_threads';
import { piece } from './piece.ts';

/** Bytes. Small enough that a piece that is kept does not keep much, and that it is warm again soon. */
const SLAB_SIZE = 1 << 18;
const POOL_SIZE = 1 << 13;
/** The largest piece that one call receives. */
const MOST = 1 << 20;
/** Asked for more than this, the bytes go through a scratch buffer and are copied. */
const LARGE = 1 << 16;
/** Pieces below this go to the pool: a view would keep the whole slab alive for them. */
export const LEAST = 1 << 10;

const EMPTY = Buffer.alloc(0);

function newMemory(size: number): ArrayBufferLike {
  const { buffer } = Buffer.allocUnsafeSlow(size);
  // Whoever has a piece could give all of it away with it.
  markAsUntransferable(buffer);
  return buffer;
}

let slab = newMemory(SLAB_SIZE);
/** The bytes of the slab that are handed out. */
let used = 0;
let scratch: ArrayBufferLike | undefined;

/** The place of the next bytes: `bytes` from `offset` on has room for `room`, `pool` from `place` on for a small piece. */
export const landing = { bytes: slab, offset: 0, room: 0, pool: newMemory(POOL_SIZE), place: 0 };

/** Makes room for up to `size` bytes. */
export function reserve(size: number): void {
  // Memory has length 0 when somebody took it away, by ArrayBuffer.prototype.transfer().
  if (landing.pool.byteLength - landing.place < LEAST) {
    landing.pool = newMemory(POOL_SIZE);
    landing.place = 0;
  }
  if (size > LARGE) {
    scratch ??= newMemory(MOST);
    landing.bytes = scratch;
    landing.offset = 0;
    landing.room = Math.min(size, MOST);
    return;
  }
  if (slab.byteLength - used < size) {
    slab = newMemory(SLAB_SIZE);
    used = 0;
  }
  // The same object is not stored again: the collector hears of every store.
  if (landing.bytes !== slab) landing.bytes = slab;
  landing.offset = used;
  landing.room = size;
}

/** The `received` bytes that have landed, as a Buffer of the caller's own. */
export function take(received: number): Buffer {
  const { bytes, offset, room, pool, place } = landing;
  // With MSG_TRUNC the system counts what it threw away, too.
  const count = Math.min(received, room);
  if (count === 0) return EMPTY;
  if (received < LEAST) {
    landing.place = place + count;
    return piece(pool, place, count);
  }
  if (bytes !== slab) return Buffer.from(piece(bytes, offset, count));
  used = offset + count;
  return piece(bytes, offset, count);
}
