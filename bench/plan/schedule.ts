// The order of the runs. Each repetition shuffles the workloads anew, and the arms of each workload,
// which run one right after the other.
import { type Arm, type ArmName, arms, type Places } from './arms.ts';
import type { Workload } from './workloads.ts';

export interface Timing {
  warm: number;
  seconds: number;
  seed: number;
  /** The size of a bulk transfer, in GiB. */
  gib: number;
}

export interface Planned {
  workload: Workload;
  arm: Arm;
  repetition: number;
  /** Roughly how long it takes; the time left is estimated from it. */
  seconds: number;
}

/** Numbers from 0 to 1 that are the same for the same seed (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

function shuffled<T>(items: readonly T[], random: () => number): T[] {
  return items
    .map((item) => ({ item, key: random() }))
    .toSorted((a, b) => a.key - b.key)
    .map(({ item }) => item);
}

function estimate(workload: Workload, arm: Arm, timing: Timing): number {
  if (workload.kind === 'bulk') return 0.3 + timing.gib;
  const connections = Number(workload.settings.connections ?? 0);
  const connecting = connections * (arm.family === 'python' ? 0.0025 : 0.00025);
  const started = arm.family === 'c' ? 0.1 : 0.25;
  const warm = Number(workload.settings.warm ?? timing.warm);
  if (workload.kind === 'memory') return started + 2 * connecting + 0.2;
  return started + connecting + warm + timing.seconds * (workload.longer ?? 1);
}

export function armsOf(workload: Workload, wanted: readonly ArmName[], places: Places): Arm[] {
  return arms.filter(
    (arm) =>
      wanted.includes(arm.name) && workload.arms.includes(arm.name) && arm.command(workload.program, places) !== null,
  );
}

export function plan(
  workloads: readonly Workload[],
  wanted: readonly ArmName[],
  places: Places,
  timing: Timing,
  repetitions: number,
): Planned[] {
  const random = randomFrom(timing.seed);
  const planned: Planned[] = [];
  for (let repetition = 1; repetition <= repetitions; repetition++) {
    for (const workload of shuffled(workloads, random)) {
      for (const arm of shuffled(armsOf(workload, wanted, places), random)) {
        planned.push({ workload, arm, repetition, seconds: estimate(workload, arm, timing) });
      }
    }
  }
  return planned;
}
