// asynchat's async_chat: a channel for protocols of messages. What it receives is in chat_input.ts,
// what it sends in chat_output.ts.
import { Buffer } from 'node:buffer';
import { types } from 'node:util';
import { bufferOf } from '../descriptors/piece.ts';
import type { Socket } from '../descriptors/socket.ts';
import { Dispatcher } from '../dispatchers/dispatcher.ts';
import { Fifo } from '../dispatchers/fifo.ts';
import type { Transport } from '../dispatchers/transport.ts';
import { changed, declareBuiltIn } from '../reactor/interest.ts';
import { report } from '../reactor/outside.ts';
import { bytesOf, type Data, integer } from '../system/arguments.ts';
import { CodedError, invalidType, NOT_NOW, notImplemented, systemCode } from '../system/errors.ts';
import { ChatInput } from './chat_input.ts';
import { ChatOutput, encode, type FifoEntry, sizeOf } from './chat_output.ts';
import type { Producer } from './producer.ts';

/** Where a message ends: after these bytes, after so many bytes, or (null, 0, empty) never. */
export type Terminator = string | Uint8Array | number | null;

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
  /** Bytes. When so many wait, `isFull` says that a sender should pause until handleDrain(). */
  highWaterMark = 65536;
  /** What _collectIncomingData() has collected. */
  incoming: Uint8Array[] = [];
  /** The terminator that is set; one that counts bytes counts down. */
  terminator: Terminator | undefined;
  /** What is to be sent; `size` is the bytes in it, not counting what producers still have. */
  readonly producerFifo = new Fifo<FifoEntry>(() => changed(this), sizeOf);
  readonly #input = new ChatInput(this);
  readonly #output = new ChatOutput(this);

  /** Input that was received and not yet processed. */
  get acInBuffer(): Buffer {
    return this.#input.bytes;
  }

  set acInBuffer(data: Uint8Array) {
    this.#input.bytes = bufferOf(bytesOf(data, 'acInBuffer'));
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
    this.#output.push(encode(this, data, 'data'));
    return this.#output.sendQueued();
  }

  /**
   * Queues what the producer gives until it gives nothing; or data, in one piece. The number of
   * bytes that wait.
   */
  pushWithProducer(producer: Producer | Data): number {
    if (typeof producer === 'string' || ArrayBuffer.isView(producer)) {
      this.producerFifo.push(encode(this, producer, 'producer'));
    } else if (typeof producer?.more === 'function') {
      this.producerFifo.push(producer);
    } else {
      throw invalidType('producer', 'an object with more() or data', producer);
    }
    return this.#output.sendQueued();
  }

  /** The queue was full, and all of it has been sent: a sender that paused may go on. */
  handleDrain(): unknown {
    return undefined;
  }

  /** Closes the channel when all that is queued has been sent. */
  closeWhenDone(): void {
    this.producerFifo.push(null);
  }

  /** Sends the next piece, if connected. */
  initiateSend(): unknown {
    this.#output.send();
    return undefined;
  }

  /** Forgets all input and output that waits. Emergencies only. */
  discardBuffers(): void {
    this.#input.clear();
    this.incoming.length = 0;
    this.producerFifo.clear();
  }
}

declareBuiltIn(AsyncChat.prototype);
