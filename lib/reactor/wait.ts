// A single wait, for select() and Poll, that lets other JavaScript run until something is ready.
import { now } from '../system/clock.ts';
import { NativePromise } from '../system/later.ts';
import type { Backend } from '../system/native.ts';
import { eventLoop, type Task } from './event_loop.ts';
import type { PollSet } from './poll_set.ts';

/** How the outcome of a wait is read. */
export interface Outcome<T> {
  /** What came of a look that found `count` events; what it throws ends the wait. */
  read(count: number): T;
  /** Whether there is nothing in it yet. */
  isEmpty(result: T): boolean;
}

class OneWait<T> implements Task {
  readonly asks = false;
  readonly keepsAlive = true;
  readonly #set: PollSet;
  readonly #backend: Backend;
  readonly #outcome: Outcome<T>;
  readonly #deadline: number;
  readonly #resolve: (result: T) => void;
  readonly #reject: (reason: unknown) => void;

  constructor(
    set: PollSet,
    backend: Backend,
    timeout: number,
    outcome: Outcome<T>,
    resolve: (result: T) => void,
    reject: (reason: unknown) => void,
  ) {
    this.#set = set;
    this.#backend = backend;
    this.#outcome = outcome;
    this.#deadline = now() + timeout;
    this.#resolve = resolve;
    this.#reject = reject;
    eventLoop.join(this);
  }

  turn(): boolean {
    try {
      const count = this.#set.look(this.#backend);
      if (count === undefined) return false;
      // Read at once: before the promise's own handlers run, others may close and register.
      const result = this.#outcome.read(count);
      if (this.#outcome.isEmpty(result) && this.#set.sleep(this.#backend, this.#deadline)) return false;
      eventLoop.leave(this);
      this.#resolve(result);
    } catch (error) {
      eventLoop.leave(this);
      this.#reject(error);
    }
    return false;
  }
}

/** Waits up to `timeout` seconds and resolves with what `outcome` reads. */
export function wait<T>(set: PollSet, backend: Backend, timeout: number, outcome: Outcome<T>): Promise<T> {
  return new NativePromise((resolve, reject) => new OneWait(set, backend, timeout, outcome, resolve, reject));
}
