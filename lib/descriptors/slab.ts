// Memory to receive into: a slab for each size, until a piece takes it along. One can be lent instead, to
// whoever copies what is to last, and is used again when it is given back.
import { Buffer } from 'node:buffer';
import { piece } from './piece.ts';

/** Bytes. The smallest slab. */
export const LEAST = 1 << 10;

/** The slabs that are free, by the logarithm of their size. */
const free: (ArrayBufferLike | undefined)[] = [];
/** The one that was lent last, while nobody has been given a view of it. */
let lent: ArrayBufferLike | undefined;

/** The logarithm of the next power of two. */
function kindOf(size: number): number {
  return 32 - Math.clz32(Math.max(size, LEAST) - 1);
}

/** A slab of at least `size` bytes, to receive into at once. */
export function slabFor(size: number): ArrayBufferLike {
  const kind = kindOf(size);
  return free[kind] ?? newSlab(kind);
}

function newSlab(kind: number): ArrayBufferLike {
  const { buffer } = Buffer.allocUnsafeSlow(1 << kind);
  free[kind] = buffer;
  return buffer;
}

/** Nothing is received into the slab any more. */
export function takeAlong(slab: ArrayBufferLike): void {
  free[kindOf(slab.byteLength)] = undefined;
}

/** The same, until it is given back. */
export function lend(slab: ArrayBufferLike): void {
  takeAlong(slab);
  lent = slab;
}

/** Bytes of what may be a slab that was lent, for somebody who may keep them. */
export function handOut(memory: ArrayBufferLike, offset: number, length: number): Buffer {
  if (memory === lent) lent = undefined;
  return piece(memory, offset, length);
}

/** Ends the use of what may be a slab that was lent. It stays with those who were given a view of it. */
export function giveBack(memory: ArrayBufferLike): void {
  if (memory !== lent) return;
  lent = undefined;
  free[kindOf(memory.byteLength)] = memory;
}
