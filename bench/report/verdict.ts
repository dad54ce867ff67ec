// Which targets the figures reach.
import { type Target, targets } from '../plan/targets.ts';
import type { Results } from './results.ts';
import { figure, ratio } from './statistics.ts';

export interface Check {
  target: Target;
  /** The worst of what the target covers; `among` names it where that is more than one thing. */
  worst: { value: number; among: string } | null;
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
      const value =
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
  if (worst === undefined) return { target, worst: null, verdict: 'not measured' };
  const reached = passes(target, worst.value, target.floor) ? 'floor' : 'missed';
  return {
    target,
    worst: { value: worst.value, among: candidates.length > 1 ? worst.name : '' },
    verdict: passes(target, worst.value, target.aim) ? 'aim' : reached,
  };
}

export function checkTargets(results: Results): Check[] {
  return targets.map((target) => check(results, target));
}
