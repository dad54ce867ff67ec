// Tells a sender that paused, because too much waited, that it may go on: handleDrain() follows when
// all of it has been sent. One call at a time, if it is async.
import { isThenable, ONCE } from '../reactor/guard.ts';
import { type BuiltInChannel, closed, life } from '../reactor/interest.ts';
import { call } from '../reactor/outside.ts';
import { CodedError } from '../system/errors.ts';
import { NativePromise } from '../system/later.ts';

interface Sender extends BuiltInChannel {
  handleDrain(): unknown;
}

interface Waiter {
  resolve(): void;
  reject(error: Error): void;
}

/** The error of drain() when the channel is closed. */
export function closedError(): CodedError {
  return new CodedError('ERR_SOCKET_CLOSED', 'The channel is closed');
}

export class Drain {
  readonly #sender: Sender;
  /** How many bytes wait. */
  readonly #waiting: () => number;
  #isDue = false;
  /** With which of the sender's sockets an async handleDrain() is pending. */
  #pendingLife = -1;
  /** Who waits until all has been sent. */
  #waiters: Waiter[] = [];

  constructor(sender: Sender, waiting: () => number) {
    this.#sender = sender;
    this.#waiting = waiting;
  }

  /** Until all of it has been sent. */
  wait(): Promise<void> {
    this.expect();
    return new NativePromise((resolve, reject) => this.#waiters.push({ resolve, reject }));
  }

  /** What waited has been thrown away. */
  clear(): void {
    for (const { resolve } of this.#waiters.splice(0)) resolve();
  }

  /** The channel has closed, and with another socket nobody has paused yet. */
  close(): void {
    this.#isDue = false;
    const error = closedError();
    for (const { reject } of this.#waiters.splice(0)) reject(error);
  }

  /** With another socket, nothing waits for what was begun with the last one. */
  get #isPending(): boolean {
    return this.#pendingLife === this.#sender[life];
  }

  /** So much waits that the sender should pause. */
  expect(): void {
    this.#isDue = true;
  }

  /** Something has been sent. */
  check(): void {
    if (this.#sender[closed] || !this.#isDue || this.#waiting() > 0) return;
    // Perhaps it is handleDrain() itself that waits.
    this.clear();
    if (this.#isPending) return;
    this.#isDue = false;
    const own = this.#sender[life];
    call(this.#sender, ONCE, () => {
      const result = this.#sender.handleDrain();
      if (!isThenable(result)) return undefined;
      return this.#checkAfter(result, own);
    });
  }

  async #checkAfter(result: PromiseLike<unknown>, own: number): Promise<void> {
    if (this.#sender[life] === own) this.#pendingLife = own;
    try {
      await result;
    } finally {
      if (this.#sender[life] === own) {
        this.#pendingLife = -1;
        this.check();
      }
    }
  }
}
