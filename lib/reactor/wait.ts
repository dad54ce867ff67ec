// A single wait, for select() and Poll, that lets other JavaScript run until something is ready.

import { now } from '../system/clock.ts';
import type { Backend } from '../system/native.ts';
import { join, leave, type Task } from './event_loop.ts';
import type { PollSet } from './poll_set.ts';

/** A single wait that lets other JavaScript run. */
class OneWait implements Task {
  readonly asks = false;
  readonly #set: PollSet;
  readonly #backend: Backend;
  readonly #deadline: number;
  readonly #resolve: (count: number) => void;
  readonly #reject: (reason: unknown) => void;

  constructor(
    set: PollSet,
    backend: Backend,
    timeout: number,
    resolve: (count: number) => void,
    reject: (reason: unknown) => void,
  ) {
    this.#set = set;
    this.#backend = backend;
    this.#deadline = now() + timeout;
    this.#resolve = resolve;
    this.#reject = reject;
    join(this);
  }

  turn(): boolean {
    try {
      const count = this.#set.look(this.#backend);
      if (count === undefined || (count === 0 && this.#set.sleep(this.#backend, this.#deadline))) return false;
      leave(this);
      this.#resolve(count);
    } catch (error) {
      leave(this);
      this.#reject(error);
    }
    return false;
  }
}

/** Waits up to `timeout` seconds; resolves with the number of pairs in the set's `ready`. */
export function wait(set: PollSet, backend: Backend, timeout: number): Promise<number> {
  return new Promise((resolve, reject) => new OneWait(set, backend, timeout, resolve, reject));
}
