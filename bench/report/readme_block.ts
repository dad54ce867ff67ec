// The README's short table: the throughput of the library's poll arm as a multiple of the others'.
import { type Workload, workloads } from '../plan/workloads.ts';
import { formatRatio } from './format.ts';
import { machineLine, markdownTable } from './markdown.ts';
import type { Results } from './results.ts';
import { ratio } from './statistics.ts';

const shortList = [
  'echo-10',
  'echo-100',
  'echo-1000',
  'echo-5000',
  'echo-16k',
  'idle-1',
  'idle-100',
  'random',
  'pipes-1000-1000',
  'pipes-5000-1',
  'fifo',
  'churn',
  'lines',
];

const columns = [
  { arm: 'node', head: 'against Node' },
  { arm: 'libuv', head: 'against libuv in C' },
  { arm: 'c-poll', head: 'against raw C poll()' },
  { arm: 'python', head: 'against CPython' },
];

function cell(results: Results, workload: Workload, against: string): string {
  const value = ratio(results.runs, workload.name, 'poll', against, 'rate');
  return value === null ? '' : `${formatRatio(value.median)}×`;
}

export function readmeBlock(results: Results): string {
  const rows = shortList.flatMap((name) => {
    const workload = workloads.find((candidate) => candidate.name === name);
    if (workload === undefined) return [];
    const cells = columns.map(({ arm }) => cell(results, workload, arm));
    return cells.every((text) => text === '') ? [] : [[workload.title, ...cells]];
  });
  const table = markdownTable(['poll backend, throughput', ...columns.map(({ head }) => head)], rows);
  return `Above 1× this library is faster, below 1× slower.

${table}

${machineLine(results)}
All workloads, latencies and memory: [docs/benchmarks.md](docs/benchmarks.md).`;
}
