// The time in which nothing moves on a stream: what net.Socket's setTimeout() watches.
import { invalidType, outOfRange } from '../system/errors.ts';
import { clearTimeout, setTimeout } from '../system/timers.ts';

/** The longest that a timer of Node's takes, in milliseconds. */
const MOST = 2 ** 31 - 1;

export function checkTime(milliseconds: number): void {
  if (typeof milliseconds !== 'number') throw invalidType('milliseconds', 'of type number', milliseconds);
  if (!(milliseconds >= 0)) throw outOfRange('milliseconds', '>= 0', milliseconds);
}

export class Idle {
  readonly #passed: () => void;
  #timer: NodeJS.Timeout | undefined;

  constructor(passed: () => void) {
    this.#passed = passed;
  }

  /** Watches from now on; 0 watches no longer. */
  start(milliseconds: number): void {
    this.stop();
    if (milliseconds === 0 || milliseconds === Infinity) return;
    this.#timer = setTimeout(this.#passed, Math.min(milliseconds, MOST));
    // The stream keeps the process alive, if anything does.
    this.#timer.unref();
  }

  /** Something has moved. */
  touch(): void {
    this.#timer?.refresh();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
