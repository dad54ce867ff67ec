// Where received bytes land. Large pieces are returned as views of a slab, in places that are never
// written again, so nothing is copied and a returned Buffer stays valid forever. Small ones are
// copied to a pool, like Node's own, so that keeping a line does not keep a slab alive.
import { Buffer } from 'node:buffer';
import { markAsUntransferable } from 'node:worker_threads';
import { piece } from './piece.ts';

/** Bytes. Small enough that keeping a piece does not keep much memory, and that it stays in the cache. */
const SLAB_SIZE = 1 << 18;
const POOL_SIZE = 1 << 13;
/** The largest piece that one call receives. */
const MOST = 1 << 20;
/** Above this size, the bytes go through a scratch buffer and are copied. */
const LARGE = 1 << 16;
/** Smaller pieces go to the pool: as views they would keep the whole slab alive. */
export const LEAST = 1 << 10;

const EMPTY = Buffer.alloc(0);

function newMemory(size: number): ArrayBufferLike {
  const { buffer } = Buffer.allocUnsafeSlow(size);
  // Transferring one piece would take away the memory of all the others.
  markAsUntransferable(buffer);
  return buffer;
}

let slab = newMemory(SLAB_SIZE);
/** How many bytes of the slab are in use. */
let used = 0;
let scratch: ArrayBufferLike | undefined;

/** Where the next bytes go: into `bytes` at `offset`, with space for `room`, or into `pool` at `place` if few. */
export const landing = { bytes: slab, offset: 0, room: 0, pool: newMemory(POOL_SIZE), place: 0 };

/** Makes room for up to `size` bytes. */
export function reserve(size: number): void {
  // Memory has length 0 after something detached it with ArrayBuffer.prototype.transfer().
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
  // Skip the store if it is the same object: the garbage collector tracks every store.
  if (landing.bytes !== slab) landing.bytes = slab;
  landing.offset = used;
  landing.room = size;
}

/** The `received` bytes as a Buffer that the caller owns. */
export function take(received: number): Buffer {
  const { bytes, offset, room, pool, place } = landing;
  // With MSG_TRUNC, the system also counts what it discarded.
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
