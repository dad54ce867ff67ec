// Where Node or libuv is ahead of the library.
import { type ArmName, armLabel, arms } from '../plan/arms.ts';
import { metrics } from '../plan/metrics.ts';
import { type Workload, workloads } from '../plan/workloads.ts';
import type { Results } from './results.ts';
import { ratio } from './statistics.ts';

export interface Ahead {
  workload: Workload;
  /** The library's best arm there, and the other one. */
  ours: string;
  theirs: string;
  /** How many times better theirs is. */
  by: number;
}

/** Less than this is within the noise of the machine. */
const NOISE = 1.03;

const ours: readonly ArmName[] = ['poll', 'select', 'poll-into', 'select-into', 'poll-inline', 'select-inline'];
const theirs: readonly ArmName[] = ['node', 'node-other', 'libuv', 'libuv-poll'];

function label(name: ArmName, workload: Workload): string {
  const arm = arms.find((candidate) => candidate.name === name);
  return arm === undefined ? name : armLabel(arm, workload.program);
}

function aheadIn(results: Results, workload: Workload): Ahead[] {
  const lower = metrics[workload.primary].better === 'lower';
  const found: Ahead[] = [];
  for (const other of theirs) {
    // Their lead over the arm of ours that comes closest.
    const leads = ours.flatMap((arm) => {
      const value = ratio(results.runs, workload.name, other, arm, workload.primary);
      return value === null ? [] : [{ arm, by: lower ? 1 / value.median : value.median }];
    });
    const [closest] = leads.toSorted((a, b) => a.by - b.by);
    if (closest === undefined || closest.by < NOISE) continue;
    found.push({ workload, ours: label(closest.arm, workload), theirs: label(other, workload), by: closest.by });
  }
  return found;
}

/** Every workload in which Node or libuv is ahead of all of the library's arms. */
export function whereOthersAreAhead(results: Results): Ahead[] {
  return workloads.flatMap((workload) => aheadIn(results, workload));
}
