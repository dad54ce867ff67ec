// Bytes waiting to be sent: a queue of blocks. A stream's blocks are filled one after another, so
// that many small pieces are sent in few calls and no byte is moved twice; a message is a block of its
// own, and leaves whole.
import { Buffer } from 'node:buffer';
import { inspect } from 'node:util';
import { type Changing, changed } from '../reactor/interest.ts';
import { Fifo } from './fifo.ts';

/** Bytes. Blocks grow with the queue, so that a few waiting bytes do not hold much memory. */
const LEAST_BLOCK = 1 << 12;
const MOST_BLOCK = 1 << 16;
const EMPTY = new Uint8Array(0);

interface Block {
  readonly bytes: Uint8Array;
  /** How much of it is filled. */
  end: number;
}

/** The bytes that a DispatcherWithSend has not sent yet: `outBuffer`. */
export class ByteQueue {
  /** Most channels have none most of the time. */
  #blocks: Fifo<Block> | undefined;
  readonly #channel: Changing | undefined;
  #length = 0;
  /** How many bytes of the first block have been sent. */
  #start = 0;
  /** The last block while it has room. */
  #open: Block | undefined;
  #lent: Uint8Array | undefined;
  /** Whether the lent bytes are a message. */
  #isMessage = false;
  /** Whether some of the lent bytes have been sent. */
  #isBegun = false;

  /** The answers of `channel` change when the queue becomes empty or non-empty. */
  constructor(channel?: Changing) {
    this.#channel = channel;
  }

  /** Bytes in the queue. */
  get length(): number {
    return this.#length;
  }

  /** @hidden */
  [inspect.custom](): string {
    return `<ByteQueue length=${this.length}>`;
  }

  /** Whether nothing waits, not even an empty message. */
  get isEmpty(): boolean {
    return this.#blocks === undefined && this.#lent === undefined;
  }

  /** Copies `bytes` to the end, as a message if `isMessage`. Without memory for it, throws and adds nothing. */
  push(bytes: Uint8Array, isMessage = false): void {
    this.lend(bytes, isMessage);
    this.keep();
  }

  /**
   * Puts `bytes` at the end without copying them until keep(): most are sent at once and need no
   * copy. Behind other bytes they are copied, so that all can be sent together.
   */
  lend(bytes: Uint8Array, isMessage = false): void {
    // A call that is still sending lent them.
    this.#isBegun = true;
    this.keep();
    if (bytes.length === 0 && !isMessage) return;
    this.#lent = bytes;
    this.#isMessage = isMessage;
    this.#isBegun = false;
    this.#length += bytes.length;
    if (this.#blocks !== undefined) this.keep();
  }

  /** Copies what is left of the lent bytes. Without memory for it, throws and removes them. */
  keep(): void {
    const bytes = this.#lent;
    if (bytes === undefined) return;
    this.#lent = undefined;
    const wasEmpty = this.#blocks === undefined;
    try {
      this.#append(bytes);
    } catch (error) {
      if (!this.#isBegun) {
        this.#length -= bytes.length;
        throw error;
      }
      // The peer has the beginning, and must get the rest, copied or not.
      this.#add({ bytes, end: bytes.length });
    }
    if (wasEmpty) this.#tell();
  }

  #append(bytes: Uint8Array): void {
    if (this.#isMessage) {
      const copy = Buffer.allocUnsafeSlow(bytes.length);
      copy.set(bytes);
      this.#open = undefined;
      this.#add({ bytes: copy, end: copy.length });
      return;
    }
    const open = this.#open;
    const room = open === undefined ? 0 : open.bytes.length - open.end;
    const count = Math.min(room, bytes.length);
    // Nothing changes before there is memory for all of it.
    const next = count < bytes.length ? this.#newBlock(bytes.length - count) : undefined;
    if (open !== undefined) {
      open.bytes.set(bytes.subarray(0, count), open.end);
      open.end += count;
      if (count === room) this.#open = undefined;
    }
    if (next === undefined) return;
    next.bytes.set(bytes.subarray(count));
    next.end = bytes.length - count;
    this.#add(next);
    if (next.end < next.bytes.length) this.#open = next;
  }

  /** A large piece gets a block of its own size, small ones share one. */
  #newBlock(least: number): Block {
    const shared = Math.min(Math.max(this.#length, LEAST_BLOCK), MOST_BLOCK);
    return { bytes: Buffer.allocUnsafeSlow(Math.max(shared, least)), end: 0 };
  }

  #add(block: Block): void {
    this.#blocks ??= new Fifo();
    this.#blocks.push(block);
  }

  /** Up to `most` bytes from the front, without removing them; valid until the queue changes. */
  peek(most: number): Uint8Array {
    const block = this.#blocks?.first;
    if (block === undefined) {
      const lent = this.#lent ?? EMPTY;
      return lent.length <= most ? lent : lent.subarray(0, most);
    }
    return block.bytes.subarray(this.#start, Math.min(block.end, this.#start + most));
  }

  /** Removes `count` bytes from the front. */
  skip(count: number): void {
    let left = Math.min(count, this.#length);
    this.#length -= left;
    for (let block = this.#blocks?.first; block !== undefined; block = this.#blocks?.first) {
      const taken = Math.min(left, block.end - this.#start);
      left -= taken;
      this.#start += taken;
      // Not only when something was taken: on a stream, an empty message is nothing.
      if (this.#start < block.end) return;
      this.#dropFirst(block);
    }
    if (left > 0) this.#skipLent(left);
  }

  #skipLent(count: number): void {
    if (this.#lent === undefined) return;
    this.#lent = count === this.#lent.length ? undefined : this.#lent.subarray(count);
    this.#isBegun = true;
  }

  /** Removes the first message, empty or not. */
  skipMessage(): void {
    const block = this.#blocks?.first;
    if (block === undefined) {
      this.#length -= this.#lent?.length ?? 0;
      this.#lent = undefined;
    } else {
      this.#length -= block.end - this.#start;
      this.#dropFirst(block);
    }
  }

  #dropFirst(block: Block): void {
    this.#start = 0;
    if (block === this.#open) this.#open = undefined;
    this.#blocks?.shift();
    if (this.#blocks?.length !== 0) return;
    this.#blocks = undefined;
    this.#tell();
  }

  #tell(): void {
    if (this.#channel !== undefined) changed(this.#channel);
  }

  /** Throws away all that waits. */
  clear(): void {
    const hadBlocks = this.#blocks !== undefined;
    this.#blocks = undefined;
    this.#open = undefined;
    this.#lent = undefined;
    this.#start = 0;
    this.#length = 0;
    if (hadBlocks) this.#tell();
  }
}
