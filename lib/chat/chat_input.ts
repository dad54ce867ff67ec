// The receiving half of AsyncChat: received input, split at terminators.
import { Buffer } from 'node:buffer';
import { EMPTY, LastingPieces, lasting } from '../descriptors/own_memory.ts';
import { giveBack, handOut } from '../descriptors/slab.ts';
import type { Deadlines } from '../dispatchers/deadlines.ts';
import type { Transport } from '../dispatchers/transport.ts';
import { isThenable, ONCE, promised } from '../reactor/guard.ts';
import { changed, closed, life, timed } from '../reactor/interest.ts';
import { call, deliver, report } from '../reactor/outside.ts';
import { integer } from '../system/arguments.ts';
import { CodedError } from '../system/errors.ts';
import type { AsyncChat, Terminator } from './async_chat.ts';
import { encode } from './chat_output.ts';
import { MarkScanner } from './mark_scanner.ts';
import { findPrefixAtEnd } from './prefix.ts';

/** Shared by all channels: they take turns, and a channel whose turn was interrupted starts over. */
const marks = new MarkScanner();
const pieces = new LastingPieces();

export class ChatInput {
  readonly #channel: AsyncChat<Transport>;
  // Input received but not processed yet: #bytes from #at on. An offset, because slicing a large
  // piece for every message in it would cost more than the message.
  #bytes: Buffer = EMPTY;
  #at = 0;
  /** The memory of #bytes. Asking for it again for every message would cost as much as the message. */
  #memory: ArrayBufferLike = EMPTY.buffer;
  #offset = 0;
  /** Received behind #bytes, for want of memory to join the two. */
  readonly #late: Buffer[] = [];
  /** Bytes behind #bytes in its memory that are ours to fill. */
  #room = 0;
  /** How many bytes the line has so far, and whether these are too many and the rest is skipped. */
  #lineLength = 0;
  #isTooLong = false;
  /** maxIncoming, looked up once for all that has come, as is what limits the time of a message. */
  #longest = 0;
  #timed: Deadlines | undefined;
  /** What an async callback has promised: nothing more is delivered until then. */
  #promised: Promise<unknown> | undefined;
  /** The same, if whoever has to wait for it first was told so: nobody else hears of its rejection. */
  #heard: Promise<unknown> | undefined;
  /** Which of the channel's sockets the line and the promise came with. */
  #life = 0;

  #isPaused = false;
  #isProcessing = false;

  constructor(channel: AsyncChat<Transport>) {
    this.#channel = channel;
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  pause(): void {
    this.#isPaused = true;
    changed(this.#channel);
  }

  /** Goes on, unless a callback is busy, after which it goes on by itself. */
  resume(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    changed(this.#channel);
    if (!this.#isProcessing) deliver(this.#channel, () => this.process());
  }

  /** Input received but not processed yet. */
  get bytes(): Buffer {
    this.#join();
    return handOut(this.#memory, this.#offset + this.#at, this.#bytes.length - this.#at);
  }

  set bytes(bytes: Buffer) {
    pieces.forget();
    this.#bytes = bytes;
    this.#at = 0;
    this.#room = 0;
    this.#late.length = 0;
    this.#memory = bytes.buffer;
    this.#offset = bytes.byteOffset;
  }

  /** Adds received bytes. Without memory for a copy, throws and adds them when it is called next. */
  add(data: Buffer): void {
    if (this.#at === this.#bytes.length && this.#late.length === 0) {
      marks.forget();
      this.bytes = data;
    } else {
      this.#late.push(data);
      this.#join();
    }
  }

  #join(): void {
    if (this.#late.length === 0) return;
    const late = this.#late.reduce((size, { length }) => size + length, 0);
    const start = this.#bytes.byteOffset;
    if (this.#room < late) {
      const kept = this.#bytes.subarray(this.#at);
      const size = kept.length + late;
      // As much again, so that a long wait for a terminator copies no byte often.
      const memory = Buffer.allocUnsafeSlow(2 * size);
      memory.set(kept);
      this.#fill(memory, 0, kept.length, late);
    } else {
      this.#fill(Buffer.from(this.#memory), start + this.#at, start + this.#bytes.length, late);
    }
  }

  /** Copies the late bytes to `memory` behind those from `start` to `end`. */
  #fill(memory: Buffer, start: number, end: number, size: number): void {
    marks.forget();
    let at = end;
    for (const data of this.#late) {
      memory.set(data, at);
      at += data.length;
    }
    this.bytes = memory.subarray(start, end + size);
    this.#room = memory.length - at;
  }

  clear(): void {
    this.bytes = EMPTY;
    // The rest of a line that is too long is no line of its own, and is still skipped.
    this.#lineLength = 0;
    this.#channel[timed]?.receiving(false);
  }

  /** The channel has closed: the answer for which it paused has nobody to go to. */
  close(): void {
    this.#isPaused = false;
    this.#channel[timed]?.receiving(false);
  }

  /** Delivers all that is complete; a promise while that of a callback is awaited. */
  process(): unknown {
    this.#renew();
    if (this.#promised === undefined) this.#processAll();
    const pending = this.#promised;
    if (pending === undefined) return undefined;
    if (pending === this.#heard) return settled(pending);
    this.#heard = pending;
    return this.#awaitCallback(pending);
  }

  /** With another socket, nothing waits for what was begun with the last one, and another line begins. */
  #renew(): void {
    if (this.#channel[life] === this.#life) return;
    this.#life = this.#channel[life];
    this.#forget();
    this.#beginLine();
  }

  #forget(): void {
    this.#promised = undefined;
    this.#heard = undefined;
  }

  #processAll(): void {
    this.#longest = longest(this.#channel.maxIncoming);
    this.#timed = this.#channel[timed];
    const wasProcessing = this.#isProcessing;
    this.#isProcessing = true;
    try {
      // A message may close the channel or pause it, and then nothing after it is delivered.
      while (this.#at < this.#bytes.length && this.#promised === undefined && this.#goesOn) {
        if (!this.#processTo(this.#channel.getTerminator())) break;
      }
    } finally {
      this.#isProcessing = wasProcessing;
    }
    // Input that is processed or waits for more must not keep alive the whole piece it came in.
    if (this.#at > 0) {
      const memory = this.#memory;
      const left = this.#bytes.length - this.#at;
      this.bytes = left === 0 ? EMPTY : lasting(memory, this.#offset + this.#at, left);
      giveBack(memory);
    }
  }

  get #goesOn(): boolean {
    return !this.#isPaused && !this.#channel[closed];
  }

  /** Goes on when the callback is done, unless the channel has another socket by then. */
  async #awaitCallback(pending: Promise<unknown>): Promise<void> {
    let isAwaited = false;
    try {
      await pending;
    } finally {
      this.#renew();
      isAwaited = pending === this.#promised;
      if (isAwaited) this.#forget();
    }
    if (isAwaited) await this.process();
  }

  /** Has all that follows wait for a callback that was called with the `own`th socket. */
  #await(result: PromiseLike<unknown>, own: number): void {
    if (this.#channel[life] === own) {
      this.#renew();
      this.#promised = promised(result);
    } else {
      // It has taken another socket itself, which does not wait for it.
      call(this.#channel, ONCE, () => result);
    }
  }

  /** Processes input up to the next terminator; false if more is needed. */
  #processTo(terminator: Terminator): boolean {
    if (terminator === null || terminator === 0 || (typeof terminator !== 'number' && terminator.length === 0)) {
      this.#beginLine();
      this.#timed?.receiving(false);
      this.#collect(this.#bytes.length);
      return true;
    }
    if (typeof terminator === 'number') {
      this.#beginLine();
      return this.#processCount(terminator);
    }
    return this.#processMark(encode(this.#channel, terminator, 'terminator'));
  }

  #processCount(count: number): boolean {
    const channel = this.#channel;
    const available = this.#bytes.length - this.#at;
    if (available < count) {
      this.#timed?.receiving(true);
      this.#collect(this.#bytes.length);
      if (typeof channel.terminator === 'number') channel.terminator -= available;
      return true;
    }
    this.#collect(this.#at + count);
    channel.terminator = 0;
    this.#timed?.receiving(false);
    this.#found();
    return true;
  }

  #processMark(mark: Uint8Array): boolean {
    const bytes = this.#bytes;
    const index = marks.find(bytes, mark, this.#at);
    const kept = index >= 0 ? 0 : findPrefixAtEnd(this.#at === 0 ? bytes : bytes.subarray(this.#at), mark);
    const end = index >= 0 ? index : bytes.length - kept;
    this.#timed?.receiving(index < 0);
    const isTooLong = end > this.#at ? !this.#collectLine(end) : this.#isTooLong;
    if (index < 0) return kept === 0;
    // Unless the callback discarded the input.
    if (this.#bytes === bytes) this.#at = index + mark.length;
    this.#beginLine();
    if (!isTooLong) this.#found();
    return true;
  }

  #beginLine(): void {
    this.#lineLength = 0;
    this.#isTooLong = false;
  }

  /** Delivers the line up to `end`, or skips it if it is too long. Whether it was delivered. */
  #collectLine(end: number): boolean {
    this.#lineLength += end - this.#at;
    if (!this.#isTooLong && this.#lineLength <= this.#longest) {
      this.#collect(end);
      return true;
    }
    this.#at = end;
    if (!this.#isTooLong) {
      this.#isTooLong = true;
      this.#channel.incoming.length = 0;
      report(this.#channel, tooLong(this.#longest));
    }
    return false;
  }

  /** Delivers the input up to `end` and then skips it, unless the callback discarded it. */
  #collect(end: number): void {
    const bytes = this.#bytes;
    const start = this.#offset + this.#at;
    const data = pieces.cut(this.#memory, start, end - this.#at, this.#offset + bytes.length);
    const own = this.#channel[life];
    const result = this.#channel.collectIncomingData(data);
    if (isThenable(result)) this.#await(result, own);
    if (this.#bytes === bytes) this.#at = end;
  }

  /** A message is complete, once its last piece has been collected. */
  #found(): void {
    if (this.#promised === undefined) {
      if (this.#channel[closed]) return;
      const own = this.#channel[life];
      const result = this.#channel.foundTerminator();
      if (isThenable(result)) this.#await(result, own);
    } else {
      this.#promised = this.#foundAfter(this.#promised);
    }
  }

  async #foundAfter(collected: Promise<unknown>): Promise<void> {
    const channel = this.#channel;
    const own = channel[life];
    await collected;
    if (!channel[closed] && channel[life] === own) await channel.foundTerminator();
  }
}

/** When `promise` has settled. Somebody else hears how. */
async function settled(promise: Promise<unknown>): Promise<void> {
  try {
    await promise;
  } catch {
    // Told once is enough.
  }
}

/** The value of maxIncoming. */
function longest(value: unknown): number {
  return value === Infinity ? Infinity : integer(value, 'maxIncoming', 1, Number.MAX_SAFE_INTEGER);
}

function tooLong(most: number): CodedError {
  return new CodedError('ERR_INCOMING_TOO_LONG', `More than ${most} bytes have come without a terminator`);
}
