// asynchat's async_chat: input that is cut at terminators, output from a queue of pieces and
// producers.
import { Buffer } from 'node:buffer';
import { types } from 'node:util';
import { bytesOf, type Data, integer } from './arguments.ts';
import { Dispatcher, wasClosed } from './dispatcher.ts';
import { CodedError, invalidType, NOT_NOW, notImplemented, systemCode } from './errors.ts';
import { Fifo } from './fifo.ts';
import { announcePredicates, touch } from './interest.ts';
import { MarkScanner } from './mark_scanner.ts';
import { findPrefixAtEnd } from './prefix.ts';
import type { Producer } from './producer.ts';
import type { Socket } from './socket_object.ts';
import type { Transport } from './transport.ts';

/** Where a message ends: after these bytes, after so many bytes, or (null, 0, empty) never. */
export type Terminator = string | Uint8Array | number | null;

/** One thing to send: bytes, a producer of bytes, or null for the end of the channel. */
export type FifoEntry = Uint8Array | Producer | null;

const EMPTY = Buffer.alloc(0);
/** One for all: channels take turns, and one that is asked in between starts anew. */
const marks = new MarkScanner();

function sizeOf(entry: FifoEntry): number {
  return entry instanceof Uint8Array ? entry.length : 0;
}

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
export class AsyncChat<T extends Transport = Socket> extends Dispatcher<T> {
  /** The most bytes of one recv(). */
  acInBufferSize = 65536;
  /** The most bytes of one send(). */
  acOutBufferSize = 65536;
  /** Whether text is encoded with `encoding`. */
  useEncoding = false;
  /** The encoding of text with `useEncoding`. */
  encoding: BufferEncoding = 'latin1';
  /** What _collectIncomingData() has collected. */
  incoming: Uint8Array[] = [];
  /** Bytes. When so many wait, `isFull` says that whoever pushes should pause until handleDrain(). */
  highWaterMark = 65536;
  /** What is to be sent; `size` is the bytes in it, not counting what producers still have. */
  readonly producerFifo = new Fifo<FifoEntry>(() => touch(this), sizeOf);
  /** The terminator that is set; one that counts bytes counts down. */
  terminator: Terminator | undefined;

  // Input that was received and not yet processed: #input from #at on. An offset, because a slice
  // for every message of a large piece would cost more than the message.
  #input: Buffer = EMPTY;
  #at = 0;
  #isSending = false;
  #wasFull = false;

  /** Input that was received and not yet processed. */
  get acInBuffer(): Buffer {
    return this.#input.subarray(this.#at);
  }

  set acInBuffer(data: Uint8Array) {
    this.#input = bufferOf(bytesOf(data, 'acInBuffer'));
    this.#at = 0;
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
    if (!types.isUint8Array(data)) throw invalidType('data', 'an instance of Uint8Array', data);
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
    this.terminator = typeof terminator === 'string' ? this.#encode(terminator, 'terminator') : terminator;
  }

  /** The terminator that is set; `ERR_NO_TERMINATOR` when none is. */
  getTerminator(): Terminator {
    if (this.terminator !== undefined) return this.terminator;
    throw new CodedError('ERR_NO_TERMINATOR', 'There is no terminator: call setTerminator() first');
  }

  #encode(data: unknown, name: string): Uint8Array {
    return bytesOf(data, name, this.useEncoding ? this.encoding : 'utf8');
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
      this.#input = kept === 0 ? data : Buffer.concat([this.#input.subarray(this.#at), data]);
      this.#at = 0;
    }
    // A message may close the channel, and nothing behind it is delivered then.
    while (this.#at < this.#input.length && !wasClosed(this)) {
      if (!this.#process(this.getTerminator())) break;
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
    return this.#processMark(typeof terminator === 'string' ? this.#encode(terminator, 'terminator') : terminator);
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
    if (!wasClosed(this)) this.foundTerminator();
    return true;
  }

  #processMark(mark: Uint8Array): boolean {
    const input = this.#input;
    const index = marks.find(input, mark, this.#at);
    if (index >= 0) {
      if (index > this.#at) this.#collect(index);
      // Unless the callback threw the buffer away.
      if (this.#input === input) this.#at = index + mark.length;
      if (!wasClosed(this)) this.foundTerminator();
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
    this.collectIncomingData(this.#at === 0 && end === input.length ? input : input.subarray(this.#at, end));
    if (this.#input === input) this.#at = end;
  }

  override handleWrite(): unknown {
    return this.initiateSend();
  }

  override handleClose(): unknown {
    return this.close();
  }

  /** Always: there is no terminator whose input must wait. */
  override readable(): boolean {
    return true;
  }

  override writable(): boolean {
    return this.producerFifo.length > 0 || !this.connected;
  }

  /** Whether as much waits to be sent as `highWaterMark` allows. */
  get isFull(): boolean {
    return this.producerFifo.size >= this.highWaterMark;
  }

  /**
   * Queues data, in pieces of `acOutBufferSize`, and sends what can be sent: the number of bytes
   * that wait. Not copied.
   */
  push(data: Data): number {
    const bytes = this.#encode(data, 'data');
    const size = integer(this.acOutBufferSize, 'acOutBufferSize', 1);
    if (bytes.length <= size) this.producerFifo.push(bytes);
    else for (let at = 0; at < bytes.length; at += size) this.producerFifo.push(bytes.subarray(at, at + size));
    return this.#sendQueued();
  }

  /**
   * Queues what the producer gives until it gives nothing; or data, in one piece. The number of
   * bytes that wait.
   */
  pushWithProducer(producer: Producer | Data): number {
    if (typeof producer === 'string' || ArrayBuffer.isView(producer)) {
      this.producerFifo.push(this.#encode(producer, 'producer'));
    } else if (typeof producer?.more === 'function') {
      this.producerFifo.push(producer);
    } else {
      throw invalidType('producer', 'an object with more() or data', producer);
    }
    return this.#sendQueued();
  }

  #sendQueued(): number {
    if (this.isFull) this.#wasFull = true;
    this.initiateSend();
    return this.producerFifo.size;
  }

  /** The queue was full, and all of it has been sent: whoever paused may go on. */
  handleDrain(): unknown {
    return undefined;
  }

  /** Closes the channel when all that is queued has been sent. */
  closeWhenDone(): void {
    this.producerFifo.push(null);
  }

  /** Sends the next piece, if connected. */
  initiateSend(): unknown {
    // A producer or a handler that pushes while the queue is being sent only adds to it.
    if (this.#isSending) return undefined;
    this.#isSending = true;
    try {
      return this.#sendNext();
    } finally {
      this.#isSending = false;
    }
  }

  #sendNext(): unknown {
    const fifo = this.producerFifo;
    while (fifo.length > 0 && this.connected) {
      const first = fifo.first;
      if (first === null || first === undefined) {
        fifo.shift();
        return this.handleClose();
      }
      if (first instanceof Uint8Array) return this.#sendBytes(first);
      const data = first.more();
      // more() may have thrown the queue away, and the producer with it.
      if (fifo.first !== first) continue;
      const bytes = data === null || data === undefined ? EMPTY : this.#encode(data, 'more()');
      if (bytes.length > 0) fifo.unshift(bytes);
      else fifo.shift();
    }
    return undefined;
  }

  #sendBytes(first: Uint8Array): unknown {
    const fifo = this.producerFifo;
    if (first.length === 0) fifo.shift();
    const size = integer(this.acOutBufferSize, 'acOutBufferSize', 1);
    let sent: number;
    try {
      sent = this.send(first.length <= size ? first : first.subarray(0, size));
    } catch (error) {
      if (systemCode(error) === undefined) throw error;
      return this.handleError(error);
    }
    if (sent > 0 && fifo.first === first) {
      if (sent < first.length) fifo.replaceFirst(first.subarray(sent));
      else fifo.shift();
    }
    if (!this.#wasFull || fifo.length > 0) return undefined;
    this.#wasFull = false;
    return this.handleDrain();
  }

  /** Forgets all input and output that waits. Emergencies only. */
  discardBuffers(): void {
    this.#input = EMPTY;
    this.#at = 0;
    this.incoming.length = 0;
    this.producerFifo.clear();
  }
}

announcePredicates(AsyncChat.prototype);
