// One table per workload: first how the arms compare with Node, raw C and libuv, then the figures.
// As rows of text, for the terminal and for Markdown alike.
import { type Arm, armLabel, arms } from '../plan/arms.ts';
import { metrics } from '../plan/metrics.ts';
import type { Workload } from '../plan/workloads.ts';
import { formatFigure, formatRatio } from './format.ts';
import type { Results } from './results.ts';
import { figure, ratio, type Spread } from './statistics.ts';

export interface Table {
  title: string;
  /** How to read it. */
  note: string;
  head: string[];
  rows: string[][];
}

interface Baseline {
  arm: string;
  head: string;
}

const baselines: readonly Baseline[] = [
  { arm: 'node', head: '× Node' },
  { arm: 'c-poll', head: '× C poll' },
  { arm: 'libuv', head: '× libuv' },
  { arm: 'python', head: '× CPython' },
];

/** A run shared the machine if other work took more of a core than this. */
const DISTURBED = 0.1;

function withSpread(value: Spread): string {
  if (value.count === 1) return formatFigure(value.median);
  return `${formatFigure(value.median)} (${formatFigure(value.low)}..${formatFigure(value.high)})`;
}

function noteOf(results: Results, workload: Workload): string {
  const runs = results.runs.filter((run) => run.workload === workload.name);
  const shared = runs.filter((run) => run.disturbed > DISTURBED).length;
  const better = metrics[workload.primary].better;
  const parts = [`Medians (lowest..highest); ratios are paired by repetition, ${better} is better.`];
  if (workload.note !== undefined) parts.push(workload.note);
  if (shared > 0) parts.push(`${shared} of ${runs.length} runs shared the machine with other work.`);
  return parts.join(' ');
}

function headOf(workload: Workload, compared: readonly Baseline[]): string[] {
  const columns = workload.shows.map((name) => (name === 'rate' ? workload.unit : metrics[name].label));
  return ['', ...compared.map(({ head }) => head), ...columns, 'n'];
}

function rowOf(results: Results, workload: Workload, arm: Arm, compared: readonly Baseline[]): string[] {
  const { runs } = results;
  const ratios = compared.map((baseline) => {
    const value = ratio(runs, workload.name, arm.name, baseline.arm, workload.primary);
    if (value === null) return '';
    return baseline.arm === arm.name ? '1' : formatRatio(value.median);
  });
  const figures = workload.shows.map((name) => {
    const value = figure(runs, workload.name, arm.name, name);
    if (value === null) return '';
    return name === workload.primary ? withSpread(value) : formatFigure(value.median);
  });
  const count = figure(runs, workload.name, arm.name, workload.primary)?.count ?? 0;
  return [armLabel(arm, workload.program), ...ratios, ...figures, String(count)];
}

/** The table of a workload, or null where nothing was measured. */
export function tableOf(results: Results, workload: Workload): Table | null {
  const has = (arm: string): boolean => results.runs.some((run) => run.workload === workload.name && run.arm === arm);
  const measured = arms.filter((arm) => has(arm.name));
  if (measured.length === 0) return null;
  const compared = baselines.filter((baseline) => has(baseline.arm));
  return {
    title: workload.title,
    note: noteOf(results, workload),
    head: headOf(workload, compared),
    rows: measured.map((arm) => rowOf(results, workload, arm, compared)),
  };
}

/** Which runs were thrown away and why: one line for each reason. */
export function thrownAway(results: Results): string[] {
  const counts = new Map<string, number>();
  for (const { workload, arm, reason } of results.thrownAway) {
    const line = `${workload}, ${arm}: ${reason}`;
    counts.set(line, (counts.get(line) ?? 0) + 1);
  }
  return [...counts].map(([line, count]) => `${line} (${count} ${count === 1 ? 'run' : 'runs'})`);
}
