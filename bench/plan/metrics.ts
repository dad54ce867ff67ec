// The figures that a run can have: what they are called, and which direction is better.

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
  cpu: { label: 'CPU µs each', word: 'CPU time', better: 'lower' },
  p50: { label: 'p50 µs', word: 'median latency', better: 'lower' },
  p99: { label: 'p99 µs', word: 'p99 latency', better: 'lower' },
  p999: { label: 'p99.9 µs', word: 'p99.9 latency', better: 'lower' },
  first50: { label: 'first answer p50 µs', word: 'median time to the first answer', better: 'lower' },
  first99: { label: 'first answer p99 µs', word: 'p99 time to the first answer', better: 'lower' },
  memory: { label: 'KiB per connection', word: 'memory use', better: 'lower' },
  percent: { label: '% of a core', word: 'CPU use', better: 'lower' },
  lag50: { label: 'timer lag p50 ms', word: 'median timer lag', better: 'lower' },
  lag99: { label: 'timer lag p99 ms', word: 'p99 timer lag', better: 'lower' },
};

export function isMetricName(text: string): text is MetricName {
  return Object.hasOwn(metrics, text);
}
