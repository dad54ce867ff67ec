// Creates a Buffer over part of some memory as fast as possible: one is needed for every piece
// received and every message extracted from it.
import { Buffer } from 'node:buffer';

interface Maker {
  new (memory: ArrayBufferLike, offset: number, length: number): Buffer;
  new (length: number): Buffer;
}

function isMaker(value: unknown): value is Maker {
  return typeof value === 'function' && value !== Buffer && value.prototype === Buffer.prototype;
}

// The class that Node creates its own Buffers with. Buffer.from() and subarray() take twice as
// long.
const species: unknown = Reflect.get(Buffer, Symbol.species);
const Piece = isMaker(species) ? species : undefined;

/** `length` bytes of `memory` starting at `offset`, which must exist. Not copied. */
export function piece(memory: ArrayBufferLike, offset: number, length: number): Buffer {
  return Piece === undefined ? Buffer.from(memory, offset, length) : new Piece(memory, offset, length);
}

/** A Buffer of its own memory, which V8 has beside the object if `length` is at most 64. */
export function onHeap(length: number): Buffer {
  return Piece === undefined ? Buffer.alloc(length) : new Piece(length);
}

/** The same bytes as a Buffer. */
export function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
