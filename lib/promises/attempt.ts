// One call that is made when it is possible: at once, or else as soon as the descriptor is ready, until
// somebody's patience ends, which then leaves nothing behind.
import { withoutBlocking } from '../descriptors/blocking.ts';
import { FileWrapper } from '../descriptors/file_wrapper.ts';
import { type Waiting, Watch } from '../reactor/watch.ts';
import { POLLIN } from '../system/constants.ts';
import { systemCode } from '../system/errors.ts';
import type { FileLike } from '../system/file_like.ts';
import { NativePromise } from '../system/later.ts';
import { clearTimeout, setTimeout } from '../system/timers.ts';
import { Limits, Patience, type WaitOptions } from './patience.ts';

/** A call that may have to wait: true when it is done, false if it can do nothing now. It may throw. */
export type Step = () => boolean;

/**
 * So many calls are made at once, without a turn of the event loop between them; else one peer that sends
 * all the time would keep timers and all other input waiting.
 */
const MOST = 64;

/**
 * After so many events in a row that were of no use, each further one is followed by a pause, in milliseconds: there
 * is always room, as poll(2) sees it, on a UNIX socket of datagrams that is not connected, however full the peer.
 */
const USELESS = 16;
const PAUSE = 10;

/** How many were made at once since the event loop had a turn. */
let atOnce = 0;

/** Tries at once, unless it is time for others; whether it is done. */
export function isDoneAtOnce(step: Step): boolean {
  if (atOnce >= MOST || !step()) return false;
  atOnce++;
  return true;
}

/** Who waits has let the event loop have its turn. */
export function hadTurn(): void {
  atOnce = 0;
}

/** Makes a call that throws one of the errors `notNow` when it can do nothing; whether it was made. */
export function isMade(call: () => void, notNow: ReadonlySet<string>): boolean {
  try {
    call();
    return true;
  } catch (error) {
    const code = systemCode(error);
    if (code === undefined || !notNow.has(code)) throw error;
    return false;
  }
}

class Attempt implements Waiting {
  readonly #watch: Watch;
  readonly #events: number;
  readonly #patience: Patience;
  readonly #step: Step;
  readonly #resolve: () => void;
  readonly #reject: (reason: unknown) => void;
  #useless = 0;
  #pause: NodeJS.Timeout | undefined;

  constructor(
    file: FileLike,
    events: number,
    step: Step,
    limits: Limits,
    resolve: () => void,
    reject: (reason: unknown) => void,
  ) {
    this.#step = step;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#events = events;
    this.#watch = new Watch(file, this);
    this.#watch.want(events);
    try {
      this.#patience = new Patience(limits, (error) => this.failed(error));
    } catch (error) {
      // Of a signal that cannot be listened to.
      this.#watch.close();
      throw error;
    }
  }

  ready(): void {
    hadTurn();
    try {
      if (!this.#step()) {
        if (++this.#useless >= USELESS) this.#rest();
        return;
      }
    } catch (error) {
      this.failed(error);
      return;
    }
    this.#end();
    this.#resolve();
  }

  #rest(): void {
    this.#watch.want(0);
    this.#pause = setTimeout(() => this.#watch.want(this.#events), PAUSE);
  }

  failed(error: unknown): void {
    this.#end();
    this.#reject(error);
  }

  #end(): void {
    this.#watch.close();
    this.#patience.close();
    clearTimeout(this.#pause);
  }
}

/**
 * Whether it is not read before it is ready: a FIFO that nobody has opened for writing yet gives its end, and only
 * poll(2) knows better.
 */
export function needsToBeReady(file: unknown): boolean {
  // What is closed says so when it is read.
  return file instanceof FileWrapper && file.fd >= 0;
}

/** Waits until `step` is done: tries at once, and then whenever `file` is ready for `events`. */
export function attempt(file: FileLike, events: number, limits: Limits, step: Step): Promise<void> {
  return new NativePromise((resolve, reject) => {
    limits.throwIfAborted();
    // A file may be one that blocks.
    const now = () => withoutBlocking(file, step);
    if (!(events === POLLIN && needsToBeReady(file)) && isDoneAtOnce(now)) resolve();
    else new Attempt(file, events, now, limits, resolve, reject);
  });
}

/** Waits until `file` is ready for `events`, however often it was so before. */
export function readiness(file: FileLike, events: number, options: WaitOptions | undefined): Promise<void> {
  return new NativePromise((resolve, reject) => {
    const limits = new Limits(options);
    limits.throwIfAborted();
    new Attempt(file, events, () => true, limits, resolve, reject);
  });
}
