// Measures how long things take, and gives promises a deadline.

/** The seconds that `action` takes. */
export async function duration(action: () => unknown): Promise<number> {
  const start = performance.now();
  await action();
  return (performance.now() - start) / 1000;
}

/** What `promise` settles with; fails if it does not settle within `seconds`. */
export async function within<T>(promise: Promise<T>, seconds: number, what: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not within ${seconds} s: ${what}`)), seconds * 1000);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * The shortest of up to five runs of `measure` (seconds), stopping at the first one below `limit`: on
 * a busy machine, a run may be slow for unrelated reasons.
 */
export async function best(limit: number, measure: () => Promise<number>): Promise<number> {
  let shortest = Infinity;
  for (let i = 0; i < 5 && shortest >= limit; i++) shortest = Math.min(shortest, await measure());
  return shortest;
}

/** The value below which `share` of the values are. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}
