// The receiving half of AsyncChat: received input, split at terminators.
import { Buffer } from 'node:buffer';
import { piece } from '../descriptors/piece.ts';
import type { Transport } from '../dispatchers/transport.ts';
import { isThenable } from '../reactor/guard.ts';
import { closed } from '../reactor/interest.ts';
import type { AsyncChat, Terminator } from './async_chat.ts';
import { encode } from './chat_output.ts';
import { MarkScanner } from './mark_scanner.ts';
import { findPrefixAtEnd } from './prefix.ts';

const EMPTY = Buffer.alloc(0);
/** Shared by all channels: they take turns, and a channel whose turn was interrupted starts over. */
const marks = new MarkScanner();

export class ChatInput {
  readonly #channel: AsyncChat<Transport>;
  // Input received but not processed yet: #bytes from #at on. An offset, because slicing a large
  // piece for every message in it would cost more than the message.
  #bytes: Buffer = EMPTY;
  #at = 0;
  /** The memory of #bytes. Asking for it again for every message would cost as much as the message. */
  #memory: ArrayBufferLike = EMPTY.buffer;
  #offset = 0;
  /** What an async callback has promised: nothing more is delivered until then. */
  #promised: Promise<unknown> | undefined;

  constructor(channel: AsyncChat<Transport>) {
    this.#channel = channel;
  }

  /** Input received but not processed yet. */
  get bytes(): Buffer {
    return this.#bytes.subarray(this.#at);
  }

  set bytes(bytes: Buffer) {
    this.#bytes = bytes;
    this.#at = 0;
    this.#memory = bytes.buffer;
    this.#offset = bytes.byteOffset;
  }

  /** Adds received bytes. */
  add(data: Buffer): void {
    marks.forget();
    this.bytes = this.#at === this.#bytes.length ? data : Buffer.concat([this.bytes, data]);
  }

  clear(): void {
    this.bytes = EMPTY;
  }

  /** Delivers all that is complete; a promise while that of a callback is awaited. */
  process(): unknown {
    if (this.#promised !== undefined) return this.#promised;
    // A message may close the channel, and then nothing after it is delivered.
    while (this.#at < this.#bytes.length && this.#promised === undefined && !this.#channel[closed]) {
      if (!this.#processTo(this.#channel.getTerminator())) break;
    }
    // Input that is processed or waits for more must not keep alive the whole piece it came in.
    if (this.#at > 0) this.bytes = this.#at === this.#bytes.length ? EMPTY : Buffer.from(this.bytes);
    return this.#promised === undefined ? undefined : this.#awaitCallback();
  }

  /** Goes on when the callback is done. */
  async #awaitCallback(): Promise<void> {
    try {
      await this.#promised;
    } finally {
      this.#promised = undefined;
    }
    await this.process();
  }

  /** Processes input up to the next terminator; false if more is needed. */
  #processTo(terminator: Terminator): boolean {
    if (terminator === null || terminator === 0 || (typeof terminator !== 'number' && terminator.length === 0)) {
      this.#collect(this.#bytes.length);
      return true;
    }
    if (typeof terminator === 'number') return this.#processCount(terminator);
    return this.#processMark(
      typeof terminator === 'string' ? encode(this.#channel, terminator, 'terminator') : terminator,
    );
  }

  #processCount(count: number): boolean {
    const channel = this.#channel;
    const available = this.#bytes.length - this.#at;
    if (available < count) {
      this.#collect(this.#bytes.length);
      if (typeof channel.terminator === 'number') channel.terminator -= available;
      return true;
    }
    this.#collect(this.#at + count);
    channel.terminator = 0;
    this.#found();
    return true;
  }

  #processMark(mark: Uint8Array): boolean {
    const bytes = this.#bytes;
    const index = marks.find(bytes, mark, this.#at);
    if (index >= 0) {
      if (index > this.#at) this.#collect(index);
      // Unless the callback discarded the input.
      if (this.#bytes === bytes) this.#at = index + mark.length;
      this.#found();
      return true;
    }
    const kept = findPrefixAtEnd(this.#at === 0 ? bytes : this.bytes, mark);
    const end = bytes.length - kept;
    if (end > this.#at) this.#collect(end);
    return kept === 0;
  }

  /** Delivers the input up to `end` and then skips it, unless the callback discarded it. */
  #collect(end: number): void {
    const bytes = this.#bytes;
    const data = piece(this.#memory, this.#offset + this.#at, end - this.#at);
    const result = this.#channel.collectIncomingData(data);
    if (isThenable(result)) this.#promised = Promise.resolve(result);
    if (this.#bytes === bytes) this.#at = end;
  }

  /** A message is complete, once its last piece has been collected. */
  #found(): void {
    if (this.#promised === undefined) {
      const result = this.#channel[closed] ? undefined : this.#channel.foundTerminator();
      if (isThenable(result)) this.#promised = Promise.resolve(result);
    } else {
      this.#promised = this.#promised.then(() => (this.#channel[closed] ? undefined : this.#channel.foundTerminator()));
    }
  }
}
