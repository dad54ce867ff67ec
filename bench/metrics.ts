// The figures that a run can have: how they are called, which way is better, and how they are
// written.

export type MetricName =
  | 'rate'
  | 'cpu'
  | 'p50'
  | 'p99'
  | 'p999'
  | 'first50'
  | 'first99'
  | 'memory'
  | 'percent'
  | 'lag50'
  | 'lag99';

export type Figures = Partial<Record<MetricName, number>>;

export interface Metric {
  label: string;
  /** In a sentence. */
  word: string;
  better: 'higher' | 'lower';
}

export const metrics: Record<MetricName, Metric> = {
  rate: { label: 'per second', word: 'throughput', better: 'higher' },
  cpu: { label: 'CPU µs each', word: 'CPU', better: 'lower' },
  p50: { label: 'p50 µs', word: 'median latency', better: 'lower' },
  p99: { label: 'p99 µs', word: 'p99 latency', better: 'lower' },
  p999: { label: 'p99.9 µs', word: 'p99.9 latency', better: 'lower' },
  first50: { label: 'first answer p50 µs', word: 'median time to the first answer', better: 'lower' },
  first99: { label: 'first answer p99 µs', word: 'p99 time to the first answer', better: 'lower' },
  memory: { label: 'KiB per connection', word: 'memory', better: 'lower' },
  percent: { label: '% of a core', word: 'CPU', better: 'lower' },
  lag50: { label: 'timer lag p50 ms', word: 'median timer lag', better: 'lower' },
  lag99: { label: 'timer lag p99 ms', word: 'p99 timer lag', better: 'lower' },
};

const names: readonly MetricName[] = [
  'rate',
  'cpu',
  'p50',
  'p99',
  'p999',
  'first50',
  'first99',
  'memory',
  'percent',
  'lag50',
  'lag99',
];

export function isMetricName(text: string): text is MetricName {
  return names.some((name) => name === text);
}

/** A figure with as many digits as mean something. */
export function formatFigure(value: number): string {
  const size = Math.abs(value);
  if (size >= 1000) return Math.round(value).toLocaleString('en-US');
  if (size >= 100) return value.toFixed(0);
  if (size >= 10) return value.toFixed(1);
  return value.toFixed(2);
}

/** A ratio with as many digits as mean something. */
export function formatRatio(value: number): string {
  if (value >= 100) return value.toFixed(0);
  if (value >= 10) return value.toFixed(1);
  return value < 0.1 ? value.toFixed(3) : value.toFixed(2);
}
