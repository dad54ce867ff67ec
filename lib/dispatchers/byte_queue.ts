// Bytes waiting to be sent: a queue of blocks that are filled one after another, so that many small
// pieces are sent in few calls and no byte is moved twice.
import { Buffer } from 'node:buffer';
import { Fifo } from './fifo.ts';

/** Bytes. Blocks grow with the queue, so that a few waiting bytes do not hold much memory. */
const LEAST_BLOCK = 1 << 12;
const MOST_BLOCK = 1 << 16;
const EMPTY = new Uint8Array(0);

export class ByteQueue {
  /** Most channels have none most of the time. */
  #blocks: Fifo<Uint8Array> | undefined;
  readonly #changed: () => void;
  #length = 0;
  /** How many bytes of the first block have been sent. */
  #start = 0;
  /** The last block while it has room, and how much of it is filled. */
  #open: Uint8Array | undefined;
  #filled = 0;
  #lent: Uint8Array = EMPTY;

  /** `changed` is called when the queue becomes empty or non-empty. */
  constructor(changed: () => void = () => {}) {
    this.#changed = changed;
  }

  /** Bytes in the queue. */
  get length(): number {
    return this.#length;
  }

  /** Copies `bytes` to the end. */
  push(bytes: Uint8Array): void {
    this.lend(bytes);
    this.keep();
  }

  /**
   * Puts `bytes` at the end without copying them until keep(): most are sent at once and need no
   * copy. Behind other bytes they are copied, so that all can be sent together.
   */
  lend(bytes: Uint8Array): void {
    this.keep();
    this.#lent = bytes;
    this.#length += bytes.length;
    if (this.#blocks !== undefined) this.keep();
  }

  /** Copies what is left of the lent bytes. */
  keep(): void {
    const bytes = this.#lent;
    if (bytes.length === 0) return;
    this.#lent = EMPTY;
    const wasEmpty = this.#blocks === undefined;
    this.#blocks ??= new Fifo();
    for (let at = 0; at < bytes.length; ) at += this.#append(this.#blocks, bytes, at);
    if (wasEmpty) this.#changed();
  }

  #append(blocks: Fifo<Uint8Array>, bytes: Uint8Array, at: number): number {
    if (this.#open === undefined) {
      // A large piece gets a block of its own size, small ones share one.
      const shared = Math.min(Math.max(this.#length, LEAST_BLOCK), MOST_BLOCK);
      this.#open = Buffer.allocUnsafeSlow(Math.max(shared, bytes.length - at));
      this.#filled = 0;
      blocks.push(this.#open);
    }
    const count = Math.min(bytes.length - at, this.#open.length - this.#filled);
    this.#open.set(bytes.subarray(at, at + count), this.#filled);
    this.#filled += count;
    if (this.#filled === this.#open.length) this.#open = undefined;
    return count;
  }

  /** Up to `most` bytes from the front, without removing them; valid until the queue changes. */
  peek(most: number): Uint8Array {
    const block = this.#blocks?.first;
    if (block === undefined) return this.#lent.length <= most ? this.#lent : this.#lent.subarray(0, most);
    const end = block === this.#open ? this.#filled : block.length;
    return block.subarray(this.#start, Math.min(end, this.#start + most));
  }

  /** Removes `count` bytes from the front. */
  skip(count: number): void {
    let left = Math.min(count, this.#length);
    this.#length -= left;
    while (left > 0) {
      const block = this.#blocks?.first;
      if (block === undefined) {
        this.#lent = left === this.#lent.length ? EMPTY : this.#lent.subarray(left);
        return;
      }
      const end = block === this.#open ? this.#filled : block.length;
      const taken = Math.min(left, end - this.#start);
      left -= taken;
      this.#start += taken;
      if (this.#start === end) this.#dropFirst(block);
    }
  }

  #dropFirst(block: Uint8Array): void {
    this.#start = 0;
    if (block === this.#open) this.#open = undefined;
    this.#blocks?.shift();
    if (this.#blocks?.length !== 0) return;
    this.#blocks = undefined;
    this.#changed();
  }

  clear(): void {
    const hadBlocks = this.#blocks !== undefined;
    this.#blocks = undefined;
    this.#open = undefined;
    this.#lent = EMPTY;
    this.#start = 0;
    this.#length = 0;
    if (hadBlocks) this.#changed();
  }
}
