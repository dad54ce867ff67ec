// Whether to look a little longer before sleeping. A thread that sleeps costs two hand-overs, some
// 20 to 50 microseconds; where answers come faster than that, turning the event loop meanwhile is
// quicker. It pays only after waits that turned out short, so that a quiet program does not spin.

/** Seconds: the longest to look on, and the longest wait after which that seems worth it. */
const LONGEST = 50e-6;
const SHORT = 50e-6;
/** So many waits in a row must have been short: one alone is chance. */
const STREAK = 3;

export class Spin {
  /** When the wait under way began, 0 when none does. */
  #since = 0;
  /** How many waits in a row were short. */
  #short = 0;

  /** Nothing was there at `time` (seconds): whether to look again rather than to sleep. */
  goesOn(time: number): boolean {
    if (this.#since === 0) this.#since = time;
    if (this.#short >= STREAK && time - this.#since > LONGEST) this.#short = 0;
    return this.#short >= STREAK;
  }

  /** Something came; `clock` tells the time. */
  end(clock: () => number): void {
    if (this.#since === 0) return;
    this.#short = clock() - this.#since < SHORT ? this.#short + 1 : 0;
    this.#since = 0;
  }
}
