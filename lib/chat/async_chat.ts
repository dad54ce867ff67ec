// asynchat's async_chat: a channel for message protocols. Receiving is in chat_input.ts, sending in
// chat_output.ts.
import { Buffer } from 'node:buffer';
import { types } from 'node:util';
import { bufferOf } from '../descriptors/piece.ts';
import type { Socket } from '../descriptors/socket.ts';
import { Dispatcher } from '../dispatchers/dispatcher.ts';
import { Fifo } from '../dispatchers/fifo.ts';
import { recvLent } from '../dispatchers/transfer.ts';
import type { Transport } from '../dispatchers/transport.ts';
import { closed, declareBuiltIn } from '../reactor/interest.ts';
import { report } from '../reactor/outside.ts';
import { bytesOf, type Data, integer } from '../system/arguments.ts';
import { CodedError, invalidType, NOT_NOW, notImplemented, systemCode } from '../system/errors.ts';
import { FEW, joinNewest } from '../system/join.ts';
import { ChatInput } from './chat_input.ts';
import { ChatOutput, encode, type FifoEntry } from './chat_output.ts';
import { type Producer, producerOf } from './producer.ts';

const { recv } = Dispatcher.prototype;

/** Where a message ends: after these bytes, after that many bytes, or (null, 0, empty) never. */
export type Terminator = string | Uint8Array | number | null;

/**
 * A channel for request/response protocols. Implement collectIncomingData() and foundTerminator(),
 * call setTerminator(), and push() what you want to send.
 *
 * Text is encoded when you pass it in: as UTF-8 or, with `useEncoding`, as `encoding`.
 *
 * Source: `asynchat.py`, `async_chat`.
 *
 * @example
 * class Lines extends AsyncChat {
 *   constructor(sock: Socket) { super(sock); this.setTerminator('\r\n'); }
 *   override collectIncomingData(data: Buffer) { this._collectIncomingData(data); }
 *   override foundTerminator() { this.push(`you said ${this._getData()}\r\n`); }
 * }
 */
export class AsyncChat<T extends Transport = Socket> extends Dispatcher<T> {
  /** The maximum number of bytes per recv(). */
  acInBufferSize = 65536;
  /** The maximum number of bytes per send(). */
  acOutBufferSize = 65536;
  /**
   * The maximum number of bytes up to a terminator of text or bytes; Infinity for no limit. A longer line is
   * an error with code `ERR_INCOMING_TOO_LONG`, which goes to handleError(); `incoming` is emptied. If
   * that leaves the channel open, the rest of the line is skipped, without a call of
   * foundTerminator(), up to its terminator or until you set a count or null.
   */
  maxIncoming = 16 * 1024 * 1024;
  /** Whether text is encoded with `encoding`. */
  useEncoding = false;
  /** The encoding of text if `useEncoding` is set. */
  encoding: BufferEncoding = 'latin1';
  /** Bytes. When this many are waiting, `isFull` is true, and you should pause until handleDrain(). */
  highWaterMark = 65536;
  /** What _collectIncomingData() has collected; many small pieces are joined to fewer. */
  incoming: Uint8Array[] = [];
  /** The current terminator; a number of bytes counts down. */
  terminator: Terminator | undefined;
  /** How many have been collected since some were joined. */
  #newPieces = 0;
  readonly #input = new ChatInput(this);
  readonly #output = new ChatOutput(this);
  /** What is waiting to be sent; `size` is the bytes in it, not counting what producers still hold. */
  readonly producerFifo = new Fifo<FifoEntry>(this.#output);

  /** Input that has been received but not processed yet. */
  get acInBuffer(): Buffer {
    return this.#input.bytes;
  }

  /** Replaces it: what is set is processed with the next input. */
  set acInBuffer(data: Uint8Array) {
    this.#input.bytes = bufferOf(bytesOf(data, 'acInBuffer'));
  }

  /** Called with each piece of a message. You may keep the Buffer. */
  collectIncomingData(_data: Buffer): unknown {
    throw notImplemented('collectIncomingData()');
  }

  /** Called when a message is complete. */
  foundTerminator(): unknown {
    throw notImplemented('foundTerminator()');
  }

  /** An implementation of collectIncomingData() that keeps the pieces in `incoming`. */
  _collectIncomingData(data: Uint8Array): void {
    if (!types.isUint8Array(data)) throw invalidType('data', 'an instance of Uint8Array', data);
    this.incoming.push(data);
    if (++this.#newPieces < FEW) return;
    this.#newPieces = 0;
    joinNewest(this.incoming);
  }

  /**
   * Returns the pieces in `incoming` as one Buffer and empties `incoming`. A message that came in
   * one piece is not copied again.
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

  /** The current terminator; throws `ERR_NO_TERMINATOR` if none is set. */
  getTerminator(): Terminator {
    if (this.terminator !== undefined) return this.terminator;
    throw new CodedError('ERR_NO_TERMINATOR', 'There is no terminator: call setTerminator() first');
  }

  override handleRead(): unknown {
    let data: Buffer;
    try {
      const size = integer(this.acInBufferSize, 'acInBufferSize', 1);
      // A recv() of the user's own may keep what it returns.
      data = this.recv === recv ? recvLent(this, size) : this.recv(size);
    } catch (error) {
      const code = systemCode(error);
      if (code === undefined) throw error;
      if (NOT_NOW.has(code)) return undefined;
      report(this, error);
      return undefined;
    }
    if (data.length > 0) this.#input.add(data);
    return this.#input.process();
  }

  override handleWrite(): unknown {
    return this.initiateSend();
  }

  override handleClose(): unknown {
    return this.close();
  }

  /** True unless pauseIncoming() was called: there is no terminator whose input must wait. */
  override readable(): boolean {
    return !this.#input.isPaused;
  }

  override writable(): boolean {
    return (this.producerFifo.length > 0 && !this.#output.isHeld) || !this.connected;
  }

  /**
   * Delivers nothing more until resumeIncoming(), not even what has been received already, so that a
   * request can be answered before the next. Nor does the channel read, or hear of its peer's end. After
   * close(), another socket is not paused.
   */
  pauseIncoming(): void {
    this.#input.pause();
  }

  /** Delivers what has been held back, and goes on. */
  resumeIncoming(): void {
    this.#input.resume();
  }

  /** Whether `highWaterMark` bytes or more are waiting to be sent. */
  get isFull(): boolean {
    return !this[closed] && this.producerFifo.size >= this.highWaterMark;
  }

  /**
   * Queues data in pieces of `acOutBufferSize` and sends what can be sent. Returns the number of
   * bytes waiting: 0 if the channel is closed, which keeps nothing. The data is not copied.
   *
   * On a socket that is not a stream (SOCK_DGRAM, SOCK_SEQPACKET) it is one message, which is sent
   * whole, and so is each piece of a producer. A message that the system refuses (`EMSGSIZE`) goes to
   * handleError() and is dropped.
   */
  push(data: Data): number {
    this.#output.push(encode(this, data, 'data'));
    return this.#output.sendQueued();
  }

  /**
   * Queues whatever the producer or async iterable (a stream of Node's, for example) gives until it
   * gives nothing more; or data, in one piece. Returns the number of bytes waiting; a closed channel keeps
   * nothing. What waits behind a promise waits for it, and a rejection goes to handleError().
   */
  pushWithProducer(producer: Producer | AsyncIterable<Data> | Data): number {
    if (typeof producer === 'string' || ArrayBuffer.isView(producer)) {
      this.#output.queue(encode(this, producer, 'producer'));
    } else if (typeof producer === 'object' && producer !== null && 'more' in producer) {
      if (typeof producer.more !== 'function') throw notProducer(producer);
      this.#output.queue(producer);
    } else if (typeof producer === 'object' && producer !== null && Symbol.asyncIterator in producer) {
      this.#output.queue(producerOf(producer));
    } else {
      throw notProducer(producer);
    }
    return this.#output.sendQueued();
  }

  /** Called when the queue was full and all of it has been sent: you may send more. */
  handleDrain(): unknown {
    return undefined;
  }

  /**
   * Resolves at once unless `isFull`, otherwise when all that waits has been sent. Rejects with
   * `ERR_SOCKET_CLOSED` if the channel is closed before.
   */
  drain(): Promise<void> {
    return this.#output.drained();
  }

  /**
   * Sends nothing until uncork(), so that what is pushed in between, such as a header and a body, leaves
   * in one segment. Pushed one by one, the second would wait for the peer to confirm the first, which
   * takes it up to 40 ms, unless TCP_NODELAY is set. Calls may be nested.
   */
  cork(): void {
    this.#output.cork();
  }

  /** Sends what has been pushed since cork(); small pieces are joined. */
  uncork(): void {
    this.#output.uncork();
  }

  /** Calls handleDone(), and so closes the channel, once everything queued has been sent. */
  closeWhenDone(): void {
    this.#output.queue(null);
  }

  /**
   * Ends our side once everything queued has been sent: the peer gets the end of the data, and can go on
   * sending. push() throws `ERR_STREAM_WRITE_AFTER_END` from now on. See handleEof() for the other side.
   */
  endWhenDone(): void {
    this.#output.queueEnd();
  }

  /** Called for closeWhenDone() when everything has been sent. By default calls handleClose(). */
  handleDone(): unknown {
    return this.handleClose();
  }

  /** Also throws away what was waiting to be sent; what was received stays. */
  override close(): void {
    try {
      super.close();
    } finally {
      this.producerFifo.clear();
      this.#output.close();
      this.#input.close();
    }
  }

  /** Sends the next piece if the channel is connected. */
  initiateSend(): unknown {
    this.#output.send();
    return undefined;
  }

  /** Discards all waiting input and output. For emergencies only. */
  discardBuffers(): void {
    this.#input.clear();
    this.incoming.length = 0;
    this.producerFifo.clear();
    this.#output.clear();
  }
}

function notProducer(producer: unknown): TypeError {
  return invalidType('producer', 'an object with more(), an async iterable, or data', producer);
}

declareBuiltIn(AsyncChat.prototype);
