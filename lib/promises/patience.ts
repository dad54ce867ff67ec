// How long somebody waits: until a signal is aborted or a time is over, whichever comes first.
import { checkSignal, reasonOf, stopListening } from '../system/abort.ts';
import { bare, seconds } from '../system/arguments.ts';
import { now } from '../system/clock.ts';
import { CodedError, invalidType } from '../system/errors.ts';
import { NativePromise } from '../system/later.ts';
import { clearTimeout, setTimeout } from '../system/timers.ts';

/** What ends a wait early. */
export interface WaitOptions {
  /** Ends the wait with an AbortError, code `ABORT_ERR`, whose `cause` is the signal's reason. */
  signal?: AbortSignal;
  /** Seconds until the wait ends with a TimeoutError, code `ETIMEDOUT`; null or Infinity waits forever. */
  timeout?: number | null;
}

/** The longest that a timer of Node's takes, in milliseconds. */
const MOST = 2 ** 31 - 1;

class AbortError extends CodedError {
  constructor(cause: unknown) {
    super('ABORT_ERR', 'The operation was aborted');
    this.cause = cause;
  }

  override get name(): string {
    return 'AbortError';
  }
}

class TimeoutError extends CodedError {
  constructor(timeout: number) {
    super('ETIMEDOUT', `Not within ${timeout} s`);
  }

  override get name(): string {
    return 'TimeoutError';
  }
}

/** The options, checked, and when the time is over. */
export class Limits {
  readonly signal: AbortSignal | undefined;
  readonly timeout: number;
  /** In seconds of now(). */
  readonly deadline: number;

  constructor(options: WaitOptions = {}) {
    if (typeof options !== 'object' || options === null) throw invalidType('options', 'of type object', options);
    const { signal, timeout } = bare(options);
    if (signal !== undefined) checkSignal(signal, 'signal');
    this.signal = signal;
    this.timeout = seconds(timeout, 'timeout');
    this.deadline = now() + this.timeout;
  }

  throwIfAborted(): void {
    if (this.signal?.aborted) throw new AbortError(reasonOf(this.signal));
  }
}

export class Patience {
  readonly #limits: Limits;
  #ended: (error: Error) => void;
  readonly #abort = () => this.#end(new AbortError(reasonOf(this.#limits.signal)));
  #timer: NodeJS.Timeout | undefined;

  /** Calls `ended` once, unless close() comes first. Throws if the signal has been aborted meanwhile. */
  constructor(limits: Limits, ended: (error: Error) => void) {
    this.#limits = limits;
    this.#ended = (error) => {
      throw error;
    };
    try {
      limits.signal?.addEventListener('abort', this.#abort);
      limits.throwIfAborted();
    } catch (error) {
      this.close();
      throw error;
    }
    this.#ended = ended;
    this.#await();
  }

  /** A timer may be early by our clock, and none takes every time. */
  #await(): void {
    const left = (this.#limits.deadline - now()) * 1000;
    if (left === Infinity) return;
    this.#timer = setTimeout(
      () => (now() < this.#limits.deadline ? this.#await() : this.#end(new TimeoutError(this.#limits.timeout))),
      Math.min(Math.max(Math.ceil(left), 1), MOST),
    );
  }

  #end(error: Error): void {
    this.close();
    this.#ended(error);
  }

  close(): void {
    clearTimeout(this.#timer);
    stopListening(this.#limits.signal, this.#abort);
  }
}

/** What the promise of `begin` settles with, unless the time is over before. */
export function within<T>(limits: Limits, begin: () => Promise<T>): Promise<T> {
  return new NativePromise((resolve, reject) => {
    // First, because it throws if the time is over already: nobody would hear of what had begun.
    const patience = new Patience(limits, reject);
    begin()
      .then(resolve, reject)
      .finally(() => patience.close());
  });
}
