// Decides whether to keep looking a little longer before sleeping. Sleeping on a thread costs two
// handovers, about 20 to 50 microseconds; if replies come faster than that, it is quicker to keep
// turning the event loop. This is done only after several short waits, so that a quiet program does
// not spin.

/** Seconds: how long to keep looking at most, and the longest wait that counts as short. */
const LONGEST = 50e-6;
const SHORT = 50e-6;
/** How many waits in a row must have been short; a single one may be chance. */
const STREAK = 3;

export class Spin {
  /** When the current wait began, or 0 if there is none. */
  #since = 0;
  /** How many waits in a row were short. */
  #short = 0;

  /** Call when nothing is ready at `time` (seconds); returns whether to look again instead of sleeping. */
  goesOn(time: number): boolean {
    if (this.#since === 0) this.#since = time;
    if (this.#short >= STREAK && time - this.#since > LONGEST) this.#short = 0;
    return this.#short >= STREAK;
  }

  /** Call when something is ready; `clock` returns the time. */
  end(clock: () => number): void {
    if (this.#since === 0) return;
    this.#short = clock() - this.#since < SHORT ? this.#short + 1 : 0;
    this.#since = 0;
  }
}
