// Where received bytes land. Large pieces are handed out as views of a slab that is never written
// again there, so that nothing is copied and a returned Buffer stays valid for ever; small ones are
// copied out, so that a kept line does not keep a slab.

import { Buffer } from 'node:buffer';
import { markAsUntransferable } from 'node:worker_threads';

/** Bytes. Small enough that a piece that is kept does not keep much, and that it is warm again soon. */
const SLAB_SIZE = 1 << 18;
/** The largest piece that one call receives. */
const MOST = 1 << 20;
/** Asked for more than this, the bytes go through a scratch buffer and are copied. */
const LARGE = 1 << 16;
/** Pieces below this are copied: a view would keep the whole slab alive for them. */
const SMALL = 1 << 10;

// Looked up once: Buffer has so many properties that each look-up takes as long as the allocation.
const { allocUnsafe } = Buffer;
const EMPTY = Buffer.alloc(0);

/** Pieces below this are copied byte by byte: the call that copies costs more. */
const TINY = 1 << 5;

function newSlab(): Buffer {
  const bytes = Buffer.allocUnsafeSlow(SLAB_SIZE);
  // Whoever has a piece could give the whole slab away with it.
  markAsUntransferable(bytes.buffer);
  return bytes;
}

let slab = newSlab();
let start = 0;
let scratch: Buffer | undefined;

/** The place of the next bytes: `bytes` from `offset` on has room for `room`. */
export const landing: { bytes: Buffer; offset: number; room: number } = { bytes: slab, offset: 0, room: 0 };

/** Makes room for up to `size` bytes. */
export function reserve(size: number): void {
  if (size > LARGE) {
    scratch ??= Buffer.allocUnsafeSlow(MOST);
    landing.bytes = scratch;
    landing.offset = 0;
    landing.room = Math.min(size, MOST);
    return;
  }
  // The length is 0 when somebody did, by ArrayBuffer.prototype.transfer().
  if (slab.length - start < size) {
    slab = newSlab();
    start = 0;
  }
  landing.bytes = slab;
  landing.offset = start;
  landing.room = size;
}

/** The `received` bytes that have landed, as a Buffer of the caller's own. */
export function take(received: number): Buffer {
  const { bytes, offset, room } = landing;
  // With MSG_TRUNC the system counts what it threw away, too.
  const count = Math.min(received, room);
  if (count === 0) return EMPTY;
  if (count < SMALL || bytes !== slab) {
    const copy = allocUnsafe(count);
    if (count < TINY) for (let i = 0; i < count; i++) copy[i] = bytes[offset + i] ?? 0;
    else bytes.copy(copy, 0, offset, offset + count);
    return copy;
  }
  start += count;
  return slab.subarray(offset, start);
}
