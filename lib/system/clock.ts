// The library's clock.

/** Seconds on a clock that never goes backwards. */
export function now(): number {
  return performance.now() / 1000;
}
