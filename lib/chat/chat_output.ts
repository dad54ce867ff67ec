// The sending half of AsyncChat: a queue of pieces and producers, sent one piece per write event.
import { Buffer } from 'node:buffer';
import { types } from 'node:util';
import { Drain } from '../dispatchers/drain.ts';
import { sendMessage } from '../dispatchers/transfer.ts';
import { hasMessages, type Transport } from '../dispatchers/transport.ts';
import { CLOSE } from '../reactor/guard.ts';
import { closed } from '../reactor/interest.ts';
import { call, report } from '../reactor/outside.ts';
import { bytesOf, integer } from '../system/arguments.ts';
import { systemCode } from '../system/errors.ts';
import type { AsyncChat } from './async_chat.ts';
import type { Producer } from './producer.ts';

/** An item to send: bytes, a producer of bytes, or null to close the channel. */
export type FifoEntry = Uint8Array | Producer | null;

const EMPTY = Buffer.alloc(0);

/** The number of bytes in an entry, not counting what a producer still holds. */
export function sizeOf(entry: FifoEntry): number {
  return types.isUint8Array(entry) ? entry.length : 0;
}

/** Text passed to `channel`, as bytes. */
export function encode(channel: AsyncChat<Transport>, data: unknown, name: string): Uint8Array {
  return bytesOf(data, name, channel.useEncoding ? channel.encoding : 'utf8');
}

export class ChatOutput {
  readonly #channel: AsyncChat<Transport>;
  #isSending = false;
  /** Once the queue was full. */
  #drain: Drain | undefined;

  constructor(channel: AsyncChat<Transport>) {
    this.#channel = channel;
  }

  /** Queues one entry, which takes a size that send() can use; nothing if the channel is closed. */
  queue(entry: FifoEntry): void {
    const { acOutBufferSize, producerFifo } = this.#channel;
    if (entry !== null) integer(acOutBufferSize, 'acOutBufferSize', 1);
    if (!this.#channel[closed]) producerFifo.push(entry);
  }

  /**
   * Queues `bytes` in pieces of the channel's acOutBufferSize, or whole if they are a
   * message; nothing if the channel is closed.
   */
  push(bytes: Uint8Array): void {
    const { acOutBufferSize, producerFifo, socket } = this.#channel;
    const size = integer(acOutBufferSize, 'acOutBufferSize', 1);
    if (this.#channel[closed]) return;
    if (bytes.length <= size || (socket !== null && hasMessages(socket))) producerFifo.push(bytes);
    else for (let at = 0; at < bytes.length; at += size) producerFifo.push(bytes.subarray(at, at + size));
  }

  /** Sends what can be sent from the queue and returns the number of bytes waiting. */
  sendQueued(): number {
    const channel = this.#channel;
    if (channel.isFull) {
      this.#drain ??= new Drain(channel, () => channel.producerFifo.length);
      this.#drain.expect();
    }
    channel.initiateSend();
    return channel.producerFifo.size;
  }

  /** Sends the next piece if the channel is connected. */
  send(): void {
    // A producer or a handler that pushes while the queue is being sent only adds to it.
    if (this.#isSending) return;
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
        call(channel, CLOSE, () => channel.handleClose());
        return;
      }
      if (types.isUint8Array(first)) {
        this.#sendBytes(first);
        return;
      }
      const data = first.more();
      // more() may have discarded the queue, and the producer with it.
      if (fifo.first !== first) continue;
      const bytes = data === null || data === undefined ? EMPTY : encode(channel, data, 'more()');
      if (bytes.length > 0) fifo.unshift(bytes);
      else fifo.shift();
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
