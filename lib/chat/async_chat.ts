// asynchat's async_chat: input that is cut at terminators. How it sends is in chat_output.ts.
import { Buffer } from 'node:buffer';
import { types } from 'node:util';
import { piece } from '../descriptors/piece.ts';
import type { Socket } from '../descriptors/socket.ts';
import { closed } from '../dispatchers/channel_base.ts';
import type { Transport } from '../dispatchers/transport.ts';
import { announcePredicates } from '../reactor/interest.ts';
import { bytesOf, integer } from '../system/arguments.ts';
import { CodedError, invalidType, NOT_NOW, notImplemented, systemCode } from '../system/errors.ts';
import { ChatOutput, encode } from './chat_output.ts';
import { MarkScanner } from './mark_scanner.ts';
import { findPrefixAtEnd } from './prefix.ts';

/** Where a message ends: after these bytes, after so many bytes, or (null, 0, empty) never. */
export type Terminator = string | Uint8Array | number | null;

const EMPTY = Buffer.alloc(0);
/** One for all: channels take turns, and one that is asked in between starts anew. */
const marks = new MarkScanner();

function bufferOf(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/**
 * A channel for protocols of requests and answers. Give it collectIncomingData() and
 * foundTerminator(), call setTerminator(), and push() what is to be sent.
 *
 * Text is encoded when it is given: as UTF-8, or, with `useEncoding`, as `encoding`.
 *
 * Source: asynchat.py `async_chat`.
 *
 * @example
 * class Lines extends AsyncChat {
 *   constructor(sock: Socket) { super(sock); this.setTerminator('\r\n'); }
 *   override collectIncomingData(data: Buffer) { this._collectIncomingData(data); }
 *   override foundTerminator() { this.push(`you said ${this._getData()}\r\n`); }
 * }
 */
export class AsyncChat<T extends Transport = Socket> extends ChatOutput<T> {
  /** The most bytes of one recv(). */
  acInBufferSize = 65536;
  /** What _collectIncomingData() has collected. */
  incoming: Uint8Array[] = [];
  /** The terminator that is set; one that counts bytes counts down. */
  terminator: Terminator | undefined;

  // Input that was received and not yet processed: #input from #at on. An offset, because a slice
  // for every message of a large piece would cost more than the message.
  #input: Buffer = EMPTY;
  #at = 0;
  /** Where #input lies. To ask it for every message would cost as much as the message. */
  #memory: ArrayBufferLike = EMPTY.buffer;
  #offset = 0;

  /** Input that was received and not yet processed. */
  get acInBuffer(): Buffer {
    return this.#input.subarray(this.#at);
  }

  set acInBuffer(data: Uint8Array) {
    this.#setInput(bufferOf(bytesOf(data, 'acInBuffer')));
  }

  #setInput(input: Buffer): void {
    this.#input = input;
    this.#at = 0;
    this.#memory = input.buffer;
    this.#offset = input.byteOffset;
  }

  /** Takes a piece of a message. The Buffer may be kept. */
  collectIncomingData(_data: Buffer): unknown {
    throw notImplemented('collectIncomingData()');
  }

  /** A message is complete. */
  foundTerminator(): unknown {
    throw notImplemented('foundTerminator()');
  }

  /** A collectIncomingData() that keeps the pieces in `incoming`. */
  _collectIncomingData(data: Uint8Array): void {
    if (!ArrayBuffer.isView(data) || !(data instanceof Uint8Array))
      throw invalidType('data', 'an instance of Uint8Array', data);
    this.incoming.push(data);
  }

  /**
   * The pieces in `incoming` as one Buffer; `incoming` is empty after. A message that came in one
   * piece is not copied: it shares the memory of what was received with it.
   */
  _getData(): Buffer {
    const { incoming } = this;
    if (incoming.length === 1) {
      const only = incoming.pop();
      if (only !== undefined) return bufferOf(only);
    }
    const data = Buffer.concat(this.incoming);
    this.incoming.length = 0;
    return data;
  }

  /** Sets where a message ends: after the bytes of `terminator`, after that many bytes, or never. */
  setTerminator(terminator: Terminator): void {
    if (typeof terminator === 'number') integer(terminator, 'terminator');
    else if (terminator !== null && typeof terminator !== 'string' && !types.isUint8Array(terminator)) {
      throw invalidType('terminator', 'of type string, Uint8Array, number or null', terminator);
    }
    this.terminator = typeof terminator === 'string' ? encode(this, terminator, 'terminator') : terminator;
  }

  /** The terminator that is set; `ERR_NO_TERMINATOR` when none is. */
  getTerminator(): Terminator {
    if (this.terminator !== undefined) return this.terminator;
    throw new CodedError('ERR_NO_TERMINATOR', 'There is no terminator: call setTerminator() first');
  }

  override handleRead(): unknown {
    let data: Buffer;
    try {
      data = this.recv(integer(this.acInBufferSize, 'acInBufferSize', 1));
    } catch (error) {
      const code = systemCode(error);
      if (code === undefined) throw error;
      if (NOT_NOW.has(code)) return undefined;
      return this.handleError(error);
    }
    if (data.length > 0) {
      marks.forget();
      const kept = this.#input.length - this.#at;
      this.#setInput(kept === 0 ? data : Buffer.concat([this.#input.subarray(this.#at), data]));
    }
    // A message may close the channel, and nothing behind it is delivered then.
    while (this.#at < this.#input.length && !this[closed]) {
      if (!this.#process(this.getTerminator())) break;
    }
    // What is processed, or waits for more, must not keep all of the piece that it came in.
    if (this.#at > 0) {
      this.#setInput(this.#at === this.#input.length ? EMPTY : Buffer.from(this.#input.subarray(this.#at)));
    }
    return undefined;
  }

  /** Processes input up to the next terminator; false when more is needed. */
  #process(terminator: Terminator): boolean {
    if (terminator === null || terminator === 0 || (typeof terminator !== 'number' && terminator.length === 0)) {
      this.#collect(this.#input.length);
      return true;
    }
    if (typeof terminator === 'number') return this.#processCount(terminator);
    return this.#processMark(typeof terminator === 'string' ? encode(this, terminator, 'terminator') : terminator);
  }

  #processCount(count: number): boolean {
    const available = this.#input.length - this.#at;
    if (available < count) {
      this.#collect(this.#input.length);
      if (typeof this.terminator === 'number') this.terminator -= available;
      return true;
    }
    const end = this.#at + count;
    this.#collect(end);
    this.terminator = 0;
    if (!this[closed]) this.foundTerminator();
    return true;
  }

  #processMark(mark: Uint8Array): boolean {
    const input = this.#input;
    const index = marks.find(input, mark, this.#at);
    if (index >= 0) {
      if (index > this.#at) this.#collect(index);
      // Unless the callback threw the buffer away.
      if (this.#input === input) this.#at = index + mark.length;
      if (!this[closed]) this.foundTerminator();
      return true;
    }
    const kept = findPrefixAtEnd(this.#at === 0 ? input : input.subarray(this.#at), mark);
    const end = input.length - kept;
    if (end > this.#at) this.#collect(end);
    return kept === 0;
  }

  /** Hands the input up to `end` over and then moves behind it, unless the callback threw it away. */
  #collect(end: number): void {
    const input = this.#input;
    this.collectIncomingData(piece(this.#memory, this.#offset + this.#at, end - this.#at));
    if (this.#input === input) this.#at = end;
  }

  override handleClose(): unknown {
    return this.close();
  }

  /** Always: there is no terminator whose input must wait. */
  override readable(): boolean {
    return true;
  }

  /** Forgets all input and output that waits. Emergencies only. */
  discardBuffers(): void {
    this.#setInput(EMPTY);
    this.incoming.length = 0;
    this.producerFifo.clear();
  }
}

announcePredicates(AsyncChat.prototype);
