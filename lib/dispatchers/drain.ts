// Tells a sender that paused, because too much waited, that it may go on: handleDrain() follows when
// all of it has been sent. One call at a time, if it is async.
import { isThenable, ONCE } from '../reactor/guard.ts';
import { type BuiltInChannel, closed } from '../reactor/interest.ts';
import { call } from '../reactor/outside.ts';

interface Sender extends BuiltInChannel {
  handleDrain(): unknown;
}

export class Drain {
  readonly #sender: Sender;
  /** How many bytes wait. */
  readonly #waiting: () => number;
  #isDue = false;
  #isPending = false;

  constructor(sender: Sender, waiting: () => number) {
    this.#sender = sender;
    this.#waiting = waiting;
  }

  /** So much waits that the sender should pause. */
  expect(): void {
    this.#isDue = true;
  }

  /** Something has been sent. */
  check(): void {
    if (this.#sender[closed] || !this.#isDue || this.#isPending || this.#waiting() > 0) return;
    this.#isDue = false;
    call(this.#sender, ONCE, () => {
      const result = this.#sender.handleDrain();
      if (!isThenable(result)) return undefined;
      this.#isPending = true;
      return Promise.resolve(result).finally(() => {
        this.#isPending = false;
        this.check();
      });
    });
  }
}
