// What the figures say: each target as reached or not, and where Node or libuv is ahead of the
// library.
import { type ArmName, armLabel, arms } from './arms.ts';
import { formatFigure, formatRatio, metrics } from './metrics.ts';
import type { Results } from './results.ts';
import { figure, ratio, type Spread } from './statistics.ts';
import { type Target, targets } from './targets.ts';
import { type Workload, workloads } from './workloads.ts';

export interface Check {
  target: Target;
  measured: string;
  /** Which of several workloads and arms was the worst. */
  worst: string;
  verdict: 'aim' | 'floor' | 'missed' | 'not measured';
}

interface Candidate {
  value: number;
  name: string;
}

function microCandidates(results: Results, target: Target): Candidate[] {
  return results.micro
    .filter((row) => target.of.includes(row.name))
    .map((row) => ({ value: row.median, name: row.name }));
}

function runCandidates(results: Results, target: Target): Candidate[] {
  const { metric, against } = target;
  if (metric === 'micro') return [];
  const candidates: Candidate[] = [];
  for (const workload of target.of) {
    for (const arm of target.arms) {
      const value: Spread | null =
        against === undefined
          ? figure(results.runs, workload, arm, metric)
          : ratio(results.runs, workload, arm, against, metric);
      if (value !== null) candidates.push({ value: value.median, name: `${workload}, ${arm}` });
    }
  }
  return candidates;
}

function passes(target: Target, value: number, limit: number): boolean {
  // Judged as it is shown: 0.004 % of CPU is 0.00.
  const shown = Number(value.toFixed(2));
  return target.better === 'higher' ? shown >= limit : shown <= limit;
}

function check(results: Results, target: Target): Check {
  const candidates = target.metric === 'micro' ? microCandidates(results, target) : runCandidates(results, target);
  const sign = target.better === 'higher' ? 1 : -1;
  const [worst] = candidates.toSorted((a, b) => sign * (a.value - b.value));
  if (worst === undefined) return { target, measured: '', worst: '', verdict: 'not measured' };
  const reached = passes(target, worst.value, target.floor) ? 'floor' : 'missed';
  return {
    target,
    measured: target.against === undefined ? formatFigure(worst.value) : formatRatio(worst.value),
    worst: candidates.length > 1 ? worst.name : '',
    verdict: passes(target, worst.value, target.aim) ? 'aim' : reached,
  };
}

export function checkTargets(results: Results): Check[] {
  return targets.map((target) => check(results, target));
}

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

const ours: readonly ArmName[] = ['poll', 'select', 'poll-into', 'select-into'];
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
