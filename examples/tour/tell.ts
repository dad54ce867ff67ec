// The tour's layout: numbered steps, who says what, and how long it took.

const WIDTH = 78;
let steps = 0;

/** The two sides of a line, the right one flush. */
function spread(left: string, right: string): string {
  return left + right.padStart(Math.max(right.length + 2, WIDTH - left.length));
}

/** Begins a step. */
export function step(title: string, file: string): void {
  console.log(`\n${spread(`${++steps}. ${title}`, file)}`);
}

/** One thing that happened, and, for what was measured, the milliseconds it took. */
export function tell(who: string, what: string, ms?: number): void {
  const left = `   ${who.padEnd(9)}${what}`.trimEnd();
  console.log(ms === undefined ? left : spread(left, `${ms.toFixed(1)} ms`));
}

/** The milliseconds since `start`, a time of performance.now(). */
export function since(start: number): number {
  return performance.now() - start;
}
