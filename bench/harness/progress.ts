// The progress bar: how many runs are done, which one is under way, and the time left, estimated
// from how long the runs took so far compared with their estimates.
import { Presets, SingleBar } from 'cli-progress';

function minutes(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, '0')} s`;
}

export class Progress {
  readonly #bar: SingleBar;
  readonly #total: number;
  readonly #began = performance.now();
  #done = 0;

  /** `total` is the sum of all estimates, in seconds. */
  constructor(runs: number, total: number) {
    this.#total = total;
    this.#bar = new SingleBar(
      {
        format: ' {bar} {value}/{total} runs, {left} left   {now}',
        barsize: 24,
        hideCursor: true,
        clearOnComplete: true,
        // Where output goes to a file, a line now and then.
        noTTYOutput: true,
        notTTYSchedule: 10_000,
        // Drawn rarely, so that drawing does not disturb what is measured.
        fps: 2,
        linewrap: null,
      },
      Presets.shades_classic,
    );
    // An interrupted run gives the cursor back.
    process.once('exit', () => this.#bar.stop());
    this.#bar.start(runs, 0, { left: minutes(total), now: '' });
  }

  get elapsed(): number {
    return (performance.now() - this.#began) / 1000;
  }

  begin(what: string): void {
    this.#bar.update({ now: what, left: this.#left() });
  }

  /** A run with this estimate has ended. */
  advance(estimate: number): void {
    this.#done += estimate;
    this.#bar.increment(1, { left: this.#left() });
  }

  #left(): string {
    const pace = this.#done > 0 ? this.elapsed / this.#done : 1;
    return minutes((this.#total - this.#done) * pace);
  }

  stop(): void {
    this.#bar.stop();
  }
}
