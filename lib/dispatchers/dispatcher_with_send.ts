// asyncore's dispatcher_with_send: a dispatcher that buffers what the system does not take.
import { inspect } from 'node:util';
import type { Socket } from '../descriptors/socket.ts';
import { closed, declareBuiltIn } from '../reactor/interest.ts';
import { bytesOf, type Data } from '../system/arguments.ts';
import { escaped } from '../system/text.ts';
import { ByteQueue } from './byte_queue.ts';
import { Dispatcher } from './dispatcher.ts';
import { closedError, Drain } from './drain.ts';
import { sendMessage } from './transfer.ts';
import { hasMessages, type Transport, transportOf } from './transport.ts';

/** The maximum number of bytes per send. */
const MOST = 65536;

/**
 * A dispatcher whose send() never loses anything: whatever the system does not take at once waits
 * in `outBuffer` and is sent on write events.
 *
 * On a socket that is not a stream (SOCK_DGRAM, SOCK_SEQPACKET), what each call of send() is given is
 * one message, which is sent whole. One that the system refuses (`EMSGSIZE`) goes to handleError()
 * and is dropped.
 *
 * Source: `asyncore.py`, `dispatcher_with_send`.
 */
export class DispatcherWithSend<T extends Transport = Socket> extends Dispatcher<T> {
  /** Once something was sent: most channels of a busy server are idle. */
  #outBuffer: ByteQueue | undefined;
  /** Bytes. When this many are waiting, `isFull` is true, and you should pause until handleDrain(). */
  highWaterMark = 65536;
  /** Once the buffer was full. */
  #drain: Drain | undefined;

  /** The bytes waiting to be sent; `length` is their number. */
  get outBuffer(): ByteQueue {
    this.#outBuffer ??= new ByteQueue(this);
    return this.#outBuffer;
  }

  /** Whether `highWaterMark` bytes or more are waiting to be sent. */
  get isFull(): boolean {
    return !this[closed] && this.outBuffer.length >= this.highWaterMark;
  }

  /** Sends up to 64 KiB of what is waiting. */
  initiateSend(): void {
    if (this.socket !== null && hasMessages(this.socket)) this.#sendMessages();
    else this.#sendSome();
    this.#drain?.check();
  }

  #sendSome(): void {
    const { outBuffer } = this;
    for (let left = MOST; ; ) {
      const piece = outBuffer.peek(left);
      const sent = super.send(piece);
      outBuffer.skip(sent);
      left -= sent;
      // The waiting bytes may lie in two blocks of the queue.
      if (sent < piece.length || left === 0 || outBuffer.length === 0) return;
    }
  }

  #sendMessages(): void {
    const { outBuffer } = this;
    const send = (message: Uint8Array) => super.send(message);
    const drop = () => outBuffer.skipMessage();
    for (let left = MOST; left > 0 && !outBuffer.isEmpty; ) {
      const message = outBuffer.peek(Infinity);
      if (!sendMessage(this, message, send, drop)) return;
      left -= Math.max(message.length, 1);
    }
  }

  /** The buffer was full, and all of it has been sent: a sender that paused may go on. */
  handleDrain(): unknown {
    return undefined;
  }

  /**
   * Resolves at once unless `isFull`, otherwise when all of it has been sent. Rejects with
   * `ERR_SOCKET_CLOSED` if the channel is closed before.
   */
  async drain(): Promise<void> {
    if (this[closed]) throw closedError();
    if (!this.isFull) return;
    this.#drain ??= new Drain(this, () => this.outBuffer.length);
    await this.#drain.wait();
  }

  override handleWrite(): unknown {
    return this.initiateSend();
  }

  override writable(): boolean {
    return !this.connected || this.#outBuffer?.isEmpty === false;
  }

  /** Also throws away what was waiting to be sent. */
  override close(): void {
    this.#outBuffer?.clear();
    super.close();
    this.#drain?.close();
  }

  /**
   * Sends what the system takes now and keeps the rest, in order. Returns the number of bytes waiting:
   * 0 if the channel is closed, which keeps nothing.
   */
  override send(data: Data): number {
    const bytes = bytesOf(data, 'data');
    if (this[closed]) return 0;
    transportOf(this);
    if (this.debug) this.logInfo(`sending ${escaped(inspect(data))}`);
    const { outBuffer } = this;
    // Without a socket yet, it may be a message.
    outBuffer.lend(bytes, this.socket === null || hasMessages(this.socket));
    try {
      this.initiateSend();
    } finally {
      outBuffer.keep();
    }
    if (this.isFull) {
      this.#drain ??= new Drain(this, () => outBuffer.length);
      this.#drain.expect();
    }
    return outBuffer.length;
  }
}

declareBuiltIn(DispatcherWithSend.prototype);
