// Medians with their spread, and paired ratios: arm and baseline come from the same repetition, at
// most minutes apart, so that a machine that was slow for a while was slow for both.
import type { MetricName } from '../plan/metrics.ts';
import type { RunResult } from './results.ts';

export interface Spread {
  median: number;
  low: number;
  high: number;
  count: number;
}

export function spread(values: readonly number[]): Spread | null {
  const sorted = values.filter(Number.isFinite).toSorted((a, b) => a - b);
  const [low] = sorted;
  const high = sorted.at(-1);
  if (low === undefined || high === undefined) return null;
  const upper = sorted[Math.floor(sorted.length / 2)] ?? low;
  const lower = sorted[Math.floor((sorted.length - 1) / 2)] ?? low;
  return { median: (lower + upper) / 2, low, high, count: sorted.length };
}

function valuesByRepetition(
  runs: readonly RunResult[],
  workload: string,
  arm: string,
  metric: MetricName,
): Map<number, number> {
  const values = new Map<number, number>();
  for (const run of runs) {
    const value = run.figures[metric];
    if (run.workload === workload && run.arm === arm && value !== undefined) values.set(run.repetition, value);
  }
  return values;
}

export function figure(runs: readonly RunResult[], workload: string, arm: string, metric: MetricName): Spread | null {
  return spread([...valuesByRepetition(runs, workload, arm, metric).values()]);
}

/** arm / baseline, whichever direction of the metric is better. */
export function ratio(
  runs: readonly RunResult[],
  workload: string,
  arm: string,
  baseline: string,
  metric: MetricName,
): Spread | null {
  const divisors = valuesByRepetition(runs, workload, baseline, metric);
  const ratios: number[] = [];
  for (const [repetition, value] of valuesByRepetition(runs, workload, arm, metric)) {
    const divisor = divisors.get(repetition);
    if (divisor !== undefined && divisor > 0) ratios.push(value / divisor);
  }
  return spread(ratios);
}
