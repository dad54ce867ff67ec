// asyncore's dispatcher_with_send: a dispatcher that buffers what the system does not take.
import { inspect } from 'node:util';
import type { Socket } from '../descriptors/socket.ts';
import { changed, declareBuiltIn } from '../reactor/interest.ts';
import { bytesOf, type Data } from '../system/arguments.ts';
import { ByteQueue } from './byte_queue.ts';
import { Dispatcher } from './dispatcher.ts';
import { Drain } from './drain.ts';
import type { Transport } from './transport.ts';

/** The most bytes of one send. */
const MOST = 65536;

/**
 * A dispatcher whose send() never loses anything: what the system does not take at once waits in
 * `outBuffer` and goes out in write events.
 *
 * Source: asyncore.py `dispatcher_with_send`.
 */
export class DispatcherWithSend<T extends Transport = Socket> extends Dispatcher<T> {
  /** The bytes that wait; `length` says how many. */
  readonly outBuffer = new ByteQueue(() => changed(this));
  /** Bytes. When so many wait, `isFull` says that a sender should pause until handleDrain(). */
  highWaterMark = 65536;
  /** Once the buffer was full. */
  #drain: Drain | undefined;

  /** Whether as much waits to be sent as `highWaterMark` allows. */
  get isFull(): boolean {
    return this.outBuffer.length >= this.highWaterMark;
  }

  /** Sends up to 64 KiB of what waits. */
  initiateSend(): void {
    this.#sendSome();
    this.#drain?.check();
  }

  #sendSome(): void {
    const { outBuffer } = this;
    for (let left = MOST; ; ) {
      const piece = outBuffer.peek(left);
      const sent = super.send(piece);
      outBuffer.skip(sent);
      left -= sent;
      // What waits may lie in two blocks of the queue.
      if (sent < piece.length || left === 0 || outBuffer.length === 0) return;
    }
  }

  /** The buffer was full, and all of it has been sent: a sender that paused may go on. */
  handleDrain(): unknown {
    return undefined;
  }

  override handleWrite(): unknown {
    return this.initiateSend();
  }

  override writable(): boolean {
    return !this.connected || this.outBuffer.length > 0;
  }

  /** Sends now what the system takes and keeps the rest, in order: the number of bytes that wait. */
  override send(data: Data): number {
    const bytes = bytesOf(data, 'data');
    if (this.debug) this.logInfo(`sending ${inspect(data)}`);
    const { outBuffer } = this;
    outBuffer.lend(bytes);
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
