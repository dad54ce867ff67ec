// The sending half of an AsyncChat: a queue of pieces and producers, sent one piece per write event.
import { Buffer } from 'node:buffer';
import { Dispatcher } from '../dispatchers/dispatcher.ts';
import { Fifo } from '../dispatchers/fifo.ts';
import type { Transport } from '../dispatchers/transport.ts';
import { announcePredicates, touch } from '../reactor/interest.ts';
import { bytesOf, type Data, integer } from '../system/arguments.ts';
import { invalidType, systemCode } from '../system/errors.ts';
import type { Producer } from './producer.ts';

/** One thing to send: bytes, a producer of bytes, or null for the end of the channel. */
export type FifoEntry = Uint8Array | Producer | null;

const EMPTY = Buffer.alloc(0);

function sizeOf(entry: FifoEntry): number {
  return entry instanceof Uint8Array ? entry.length : 0;
}

/** Text that `channel` was given, as bytes. */
export function encode(channel: ChatOutput<Transport>, data: unknown, name: string): Uint8Array {
  return bytesOf(data, name, channel.useEncoding ? channel.encoding : 'utf8');
}

export abstract class ChatOutput<T extends Transport> extends Dispatcher<T> {
  /** The most bytes of one send(). */
  acOutBufferSize = 65536;
  /** Whether text is encoded with `encoding`. */
  useEncoding = false;
  /** The encoding of text with `useEncoding`. */
  encoding: BufferEncoding = 'latin1';
  /** Bytes. When so many wait, `isFull` says that whoever pushes should pause until handleDrain(). */
  highWaterMark = 65536;
  /** What is to be sent; `size` is the bytes in it, not counting what producers still have. */
  readonly producerFifo = new Fifo<FifoEntry>(() => touch(this), sizeOf);
  #isSending = false;
  #wasFull = false;

  override handleWrite(): unknown {
    return this.initiateSend();
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
    const bytes = encode(this, data, 'data');
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
      this.producerFifo.push(encode(this, producer, 'producer'));
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
      const bytes = data === null || data === undefined ? EMPTY : encode(this, data, 'more()');
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
}

announcePredicates(ChatOutput.prototype);
