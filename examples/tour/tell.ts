// The tour's output: numbered steps, who says what, and how long it took.

const WIDTH = 78;
let steps = 0;

/** A line with `left` at its left and `right` flush right. */
function spread(left: string, right: string): string {
  return left + right.padStart(Math.max(right.length + 2, WIDTH - left.length));
}

/** Starts a step. */
export function step(title: string, file: string): void {
  console.log(`\n${spread(`${++steps}. ${title}`, file)}`);
}

/** Prints one thing that happened, with the milliseconds it took if that was measured. */
export function tell(who: string, what: string, ms?: number): void {
  const left = `   ${who.padEnd(9)}${what}`.trimEnd();
  console.log(ms === undefined ? left : spread(left, `${ms.toFixed(1)} ms`));
}

/** The milliseconds since `start`, a time of performance.now(). */
export function since(start: number): number {
  return performance.now() - start;
}
