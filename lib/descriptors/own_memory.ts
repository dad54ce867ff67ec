// Bytes that a user may keep, in memory that costs not much more than they: a view of some memory
// keeps all of it alive, so only one of most of it is handed out, and other bytes are copied.
import { Buffer } from 'node:buffer';
import { markAsUntransferable } from 'node:worker_threads';
import { onHeap, piece } from './piece.ts';
import { handOut, LEAST } from './slab.ts';

/** Bytes. Half of Node's own pool: a piece that is kept keeps all of it. */
const POOL_SIZE = 1 << 12;
/** V8 has room for so few bytes beside the object itself. */
const TINY = 64;

export const EMPTY = Buffer.alloc(0);

/** Where the next small piece goes. */
export const pool = { memory: EMPTY.buffer, used: 0 };

/** Makes room in the pool for a small piece. */
export function reservePool(): void {
  // Memory has length 0 if somebody took it away, by ArrayBuffer.prototype.transfer().
  if (pool.memory.byteLength - pool.used >= LEAST) return;
  const { buffer } = Buffer.allocUnsafeSlow(POOL_SIZE);
  // Transferring one piece would take away the memory of all the others.
  markAsUntransferable(buffer);
  pool.memory = buffer;
  pool.used = 0;
}

/** The next `length` bytes of the pool. */
export function takeFromPool(length: number): Buffer {
  const place = pool.used;
  pool.used = place + length;
  return piece(pool.memory, place, length);
}

/** Whether a view of `length` bytes of so much memory wastes little of it. */
export function fills(length: number, size: number): boolean {
  return 2 * length >= size;
}

/** A copy of `length` bytes of `memory` at `offset`. Throws if there is no memory for it. */
export function copyOf(memory: ArrayBufferLike, offset: number, length: number): Buffer {
  const source = piece(memory, offset, length);
  const copy = newBuffer(length);
  copy.set(source);
  return copy;
}

function newBuffer(length: number): Buffer {
  if (length <= TINY) return onHeap(length);
  return length < LEAST ? pooled(length) : Buffer.allocUnsafeSlow(length);
}

function pooled(length: number): Buffer {
  reservePool();
  return takeFromPool(length);
}

/** `length` bytes of `memory` at `offset`, to keep: a view if that wastes little, else a copy. */
export function lasting(memory: ArrayBufferLike, offset: number, length: number): Buffer {
  const size = memory.byteLength;
  // A copy of a small piece would be in such a pool again.
  const isPooled = size <= POOL_SIZE && length > TINY && length < LEAST;
  if (isPooled || fills(length, size)) return handOut(memory, offset, length);
  try {
    return copyOf(memory, offset, length);
  } catch {
    // Without memory for a copy, better kept dearly than lost.
    return handOut(memory, offset, length);
  }
}

/**
 * The pieces that some input is cut into, to keep. Small ones are copied a pool at a time, with those that
 * follow: one by one, that would take ten times as long.
 */
export class LastingPieces {
  #source: ArrayBufferLike | undefined;
  #copy: ArrayBufferLike = EMPTY.buffer;
  /** The part of the source that has been copied, and how far behind it the copy lies. */
  #from = 0;
  #to = 0;
  #shift = 0;

  /** Call when the bytes of the input may have changed. */
  forget(): void {
    this.#source = undefined;
  }

  /** `length` bytes of `memory` at `offset`; the input ends at `end`. */
  cut(memory: ArrayBufferLike, offset: number, length: number, end: number): Buffer {
    if (length >= LEAST || memory.byteLength <= POOL_SIZE) return lasting(memory, offset, length);
    if (memory !== this.#source || offset < this.#from || offset + length > this.#to) {
      if (!this.#copyFrom(memory, offset, Math.min(POOL_SIZE, end - offset))) return handOut(memory, offset, length);
    }
    return piece(this.#copy, offset + this.#shift, length);
  }

  #copyFrom(memory: ArrayBufferLike, offset: number, length: number): boolean {
    try {
      const copy = length < LEAST ? pooled(length) : Buffer.allocUnsafeSlow(length);
      copy.set(piece(memory, offset, length));
      this.#copy = copy.buffer;
      this.#shift = copy.byteOffset - offset;
      markAsUntransferable(this.#copy);
    } catch {
      return false;
    }
    this.#source = memory;
    this.#from = offset;
    this.#to = offset + length;
    return true;
  }
}
