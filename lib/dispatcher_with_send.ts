// asyncore's dispatcher_with_send: a dispatcher that buffers what the system does not take.
import { inspect } from 'node:util';
import { bytesOf, type Data } from './arguments.ts';
import { ByteQueue } from './byte_queue.ts';
import { Dispatcher } from './dispatcher.ts';
import { announcePredicates, touch } from './interest.ts';
import type { Socket } from './socket_object.ts';
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
  readonly outBuffer = new ByteQueue(() => touch(this));

  /** Sends up to 64 KiB of what waits. */
  initiateSend(): void {
    const sent = super.send(this.outBuffer.peek(MOST));
    this.outBuffer.skip(sent);
  }

  override handleWrite(): unknown {
    return this.initiateSend();
  }

  override writable(): boolean {
    return !this.connected || this.outBuffer.length > 0;
  }

  /** Sends now what the system takes and keeps the rest: the number of bytes that wait. */
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
    return outBuffer.length;
  }
}

announcePredicates(DispatcherWithSend.prototype);
