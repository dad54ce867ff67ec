// What the chart shows: the arms, their marks, and the ratio of each to Node in each workload.
import type { ArmName } from '../plan/arms.ts';
import { metrics } from '../plan/metrics.ts';
import { type Workload, workloads } from '../plan/workloads.ts';
import type { Results } from './results.ts';
import { ratio } from './statistics.ts';

interface Point {
  workload: string;
  arm: string;
  ratio: number;
  low: number;
  high: number;
}

export interface Panel {
  title: string;
  points: Point[];
}

interface Shown {
  arm: ArmName;
  label: string;
  color: string;
  shape: string;
}

/** From back to front: where marks overlap, the library's are on top. */
export const shown: readonly Shown[] = [
  { arm: 'python', label: 'CPython asyncore', color: '#2f9e44', shape: 'triangle-down' },
  { arm: 'c-poll', label: 'raw C poll()', color: '#868e96', shape: 'triangle-up' },
  { arm: 'libuv', label: 'libuv in C', color: '#1c7ed6', shape: 'square' },
  { arm: 'select', label: 'asyncore, select', color: '#f59f00', shape: 'diamond' },
  { arm: 'poll', label: 'asyncore, poll', color: '#d9480f', shape: 'circle' },
];

function pointsOf(results: Results, workload: Workload): Point[] {
  return shown.flatMap(({ arm, label }) => {
    const value = ratio(results.runs, workload.name, arm, 'node', workload.primary);
    if (value === null) return [];
    return [{ workload: workload.title, arm: label, ratio: value.median, low: value.low, high: value.high }];
  });
}

export function panelsOf(results: Results): Panel[] {
  const more = workloads.filter(({ primary }) => metrics[primary].better === 'higher');
  const less = workloads.filter(({ primary }) => metrics[primary].better === 'lower');
  const groups = [...new Set(more.map(({ group }) => group))];
  const panels = groups.map((group) => ({
    title: `${group}: throughput, higher is better`,
    points: more.filter((workload) => workload.group === group).flatMap((workload) => pointsOf(results, workload)),
  }));
  panels.push({
    title: 'p99 latency, memory and timer lag, lower is better',
    points: less.flatMap((workload) => pointsOf(results, workload)),
  });
  return panels.filter(({ points }) => points.length > 0);
}

/** The same limits for all panels, so that a mark's place means the same everywhere. */
export function domainOf(panels: readonly Panel[]): [number, number] {
  const values = panels.flatMap(({ points }) => points.flatMap(({ low, high }) => [low, high]));
  const positive = values.filter((value) => value > 0);
  return [Math.min(0.5, ...positive) / 1.15, Math.max(2, ...positive) * 1.15];
}
