// The sending half of AsyncChat: a queue of pieces and producers, sent one piece per write event.
import { Buffer } from 'node:buffer';
import { types } from 'node:util';
import { closedError, Drain } from '../dispatchers/drain.ts';
import type { FifoOwner } from '../dispatchers/fifo.ts';
import { sendMessage } from '../dispatchers/transfer.ts';
import { hasMessages, type Transport } from '../dispatchers/transport.ts';
import { isThenable } from '../reactor/guard.ts';
import { changed, closed } from '../reactor/interest.ts';
import { callClosing, deliver, report } from '../reactor/outside.ts';
import { bytesOf, integer } from '../system/arguments.ts';
import { SHUT_WR } from '../system/constants.ts';
import { CodedError, isDisconnect, systemCode } from '../system/errors.ts';
import type { AsyncChat } from './async_chat.ts';
import { joinFrom } from './cork.ts';
import type { Piece, Producer } from './producer.ts';

/** An item to send: bytes, a producer of bytes, or null to close the channel. */
export type FifoEntry = Uint8Array | Producer | null;

const EMPTY = Buffer.alloc(0);
/** The entry at which our side ends. */
const ENDING: Producer = { more: () => null };

/** Text passed to `channel`, as bytes. */
export function encode(channel: AsyncChat<Transport>, data: unknown, name: string): Uint8Array {
  return bytesOf(data, name, channel.useEncoding ? channel.encoding : 'utf8');
}

export class ChatOutput implements FifoOwner<FifoEntry> {
  readonly #channel: AsyncChat<Transport>;
  #isSending = false;
  /** Once the queue was full. */
  #drain: Drain | undefined;
  /** How many calls of cork() are without their uncork(), and what was queued before the first. */
  #corks = 0;
  #uncorked = 0;
  /** The producer that has promised a piece; another object for each promise. */
  #awaited: { readonly producer: Producer } | undefined;
  #isEnding = false;

  constructor(channel: AsyncChat<Transport>) {
    this.#channel = channel;
  }

  /** Whether the queue must wait, although the system would take some of it. */
  get isHeld(): boolean {
    return (
      this.#corks > 0 || (this.#awaited !== undefined && this.#awaited.producer === this.#channel.producerFifo.first)
    );
  }

  /** Queues one entry, which takes a size that send() can use; nothing if the channel is closed. */
  queue(entry: FifoEntry): void {
    const { acOutBufferSize, producerFifo } = this.#channel;
    if (entry !== null) integer(acOutBufferSize, 'acOutBufferSize', 1);
    if (this.#channel[closed]) {
      if (entry !== null) this.drop(entry);
      return;
    }
    if (entry !== null) this.#checkOpen();
    producerFifo.push(entry);
  }

  #checkOpen(): void {
    if (this.#isEnding) throw new CodedError('ERR_STREAM_WRITE_AFTER_END', 'push() after endWhenDone()');
  }

  /** Ends our side when all before it has been sent. */
  queueEnd(): void {
    if (this.#isEnding) return;
    this.queue(ENDING);
    // A closed channel has no side to end, and its next socket's is another.
    this.#isEnding = !this.#channel[closed];
  }

  cork(): void {
    if (this.#corks++ > 0) return;
    this.#uncorked = this.#channel.producerFifo.length;
    changed(this.#channel);
  }

  uncork(): void {
    if (this.#corks === 0 || --this.#corks > 0) return;
    const channel = this.#channel;
    const { producerFifo, socket } = channel;
    if (socket !== null && !hasMessages(socket)) {
      joinFrom(producerFifo, Math.min(this.#uncorked, producerFifo.length), channel.acOutBufferSize);
    }
    changed(channel);
    this.sendQueued();
  }

  /** The channel has closed. */
  close(): void {
    this.#corks = 0;
    this.#awaited = undefined;
    this.#isEnding = false;
    this.#drain?.close();
  }

  /** The queue has been thrown away. */
  clear(): void {
    this.#isEnding = false;
    this.#drain?.clear();
  }

  /** The queue has changed. */
  changed(): void {
    changed(this.#channel);
  }

  /** The number of bytes in an entry, not counting what a producer still holds. */
  sizeOf(entry: FifoEntry): number {
    return types.isUint8Array(entry) ? entry.length : 0;
  }

  /** An entry will never be sent. */
  drop(entry: FifoEntry): void {
    if (entry === null || types.isUint8Array(entry)) return;
    deliver(this.#channel, () => entry.close?.());
  }

  async drained(): Promise<void> {
    const channel = this.#channel;
    if (channel[closed]) throw closedError();
    if (channel.isFull) await this.#drainOf().wait();
  }

  #drainOf(): Drain {
    const { producerFifo } = this.#channel;
    this.#drain ??= new Drain(this.#channel, () => producerFifo.length);
    return this.#drain;
  }

  /**
   * Queues `bytes` in pieces of the channel's acOutBufferSize, or whole if they are a
   * message; nothing if the channel is closed.
   */
  push(bytes: Uint8Array): void {
    const { acOutBufferSize, producerFifo, socket } = this.#channel;
    const size = integer(acOutBufferSize, 'acOutBufferSize', 1);
    if (this.#channel[closed]) return;
    this.#checkOpen();
    if (bytes.length <= size || (socket !== null && hasMessages(socket))) producerFifo.push(bytes);
    else for (let at = 0; at < bytes.length; at += size) producerFifo.push(bytes.subarray(at, at + size));
  }

  /** Sends what can be sent from the queue and returns the number of bytes waiting. */
  sendQueued(): number {
    const channel = this.#channel;
    if (channel.isFull) this.#drainOf().expect();
    channel.initiateSend();
    return channel.producerFifo.size;
  }

  /** Sends the next piece if the channel is connected. */
  send(): void {
    // A producer or a handler that pushes while the queue is being sent only adds to it.
    if (this.#isSending || this.isHeld) return;
    this.#isSending = true;
    try {
      this.#sendNext();
    } finally {
      this.#isSending = false;
    }
  }

  #sendNext(): void {
    const channel = this.#channel;
    const fifo = channel.producerFifo;
    while (fifo.length > 0 && channel.connected) {
      const first = fifo.first;
      if (first === null || first === undefined) {
        fifo.shift();
        callClosing(channel, () => channel.handleDone());
        return;
      }
      if (first === ENDING) {
        fifo.shift();
        this.#end();
        return;
      }
      if (types.isUint8Array(first)) {
        this.#sendBytes(first);
        return;
      }
      const data = first.more();
      // more() may have discarded the queue, and the producer with it.
      if (fifo.first !== first) continue;
      if (isThenable(data)) {
        this.#await(first, data);
        return;
      }
      this.#take(data);
    }
  }

  /** Puts the piece of the first producer before it, or removes it if there is none. */
  #take(data: Piece): void {
    const { producerFifo } = this.#channel;
    const bytes = data === null || data === undefined ? EMPTY : encode(this.#channel, data, 'more()');
    if (bytes.length > 0) producerFifo.unshift(bytes);
    else producerFifo.shift();
  }

  /** Goes on when the producer has kept its promise. */
  async #await(producer: Producer, promise: PromiseLike<Piece>): Promise<void> {
    const channel = this.#channel;
    const awaited = { producer };
    this.#awaited = awaited;
    changed(channel);
    const goOn = (take: () => void) => {
      // It has closed since, and the same producer may have promised something to the next peer.
      if (this.#awaited !== awaited) return;
      this.#awaited = undefined;
      changed(channel);
      if (channel.producerFifo.first !== producer) return;
      deliver(channel, () => {
        take();
        return channel.initiateSend();
      });
    };
    let data: Piece;
    try {
      data = await promise;
    } catch (error) {
      goOn(() => {
        throw error;
      });
      return;
    }
    goOn(() => this.#take(data));
  }

  #end(): void {
    const channel = this.#channel;
    try {
      channel.shutdown(SHUT_WR);
    } catch (error) {
      if (!isDisconnect(error)) throw error;
      callClosing(channel);
    }
  }

  #sendBytes(first: Uint8Array): void {
    const channel = this.#channel;
    const fifo = channel.producerFifo;
    if (channel.socket !== null && hasMessages(channel.socket)) {
      this.#sendWhole(first);
      return;
    }
    if (first.length === 0) fifo.shift();
    const size = integer(channel.acOutBufferSize, 'acOutBufferSize', 1);
    let sent: number;
    try {
      sent = channel.send(first.length <= size ? first : first.subarray(0, size));
    } catch (error) {
      if (systemCode(error) === undefined) throw error;
      report(channel, error);
      return;
    }
    if (sent > 0 && fifo.first === first) {
      if (sent < first.length) fifo.replaceFirst(first.subarray(sent));
      else fifo.shift();
    }
    this.#drain?.check();
  }

  #sendWhole(message: Uint8Array): void {
    const channel = this.#channel;
    const fifo = channel.producerFifo;
    const drop = () => {
      if (fifo.first === message) fifo.shift();
    };
    sendMessage(channel, message, () => channel.send(message), drop);
    this.#drain?.check();
  }
}
