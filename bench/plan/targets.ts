// What the library must reach (floor) and what it strives for (aim), as data. A target covers some
// workloads and arms, and is judged by the worst of them. bench/TARGETS.md shows them all.
import type { ArmName } from './arms.ts';
import type { MetricName } from './metrics.ts';

export interface Target {
  work: string;
  /** Workloads, or the names of microbenchmarks where `metric` is 'micro'. */
  of: readonly string[];
  arms: readonly ArmName[];
  /** The ratio to this arm is judged; without one, the figure itself. */
  against?: ArmName;
  metric: MetricName | 'micro';
  floor: number;
  aim: number;
  /** On which side of `floor` and `aim` a figure must be. */
  better: 'higher' | 'lower';
  unit: string;
}

const plain: readonly ArmName[] = ['poll', 'select'];
const inline: readonly ArmName[] = ['poll-inline', 'select-inline'];
const into: readonly ArmName[] = ['poll-into', 'select-into'];

/** Requests (or events, or bytes) per second as a multiple of another arm's. */
function times(
  work: string,
  of: readonly string[],
  against: ArmName,
  floor: number,
  aim: number,
  arms = plain,
): Target {
  return { work, of, arms, against, metric: 'rate', floor, aim, better: 'higher', unit: '×' };
}

/** A figure that should be low, as a share of another arm's. */
function share(
  work: string,
  of: readonly string[],
  metric: MetricName,
  against: ArmName,
  floor: number,
  aim: number,
  arms = plain,
): Target {
  return { work, of, arms, against, metric, floor, aim, better: 'lower', unit: '×' };
}

function atMost(
  work: string,
  of: readonly string[],
  metric: MetricName,
  floor: number,
  aim: number,
  unit: string,
): Target {
  return { work, of, arms: plain, metric, floor, aim, better: 'lower', unit };
}

function micro(work: string, of: string, floor: number, aim: number, unit: string): Target {
  return { work, of: [of], arms: [], metric: 'micro', floor, aim, better: 'lower', unit };
}

const dense = ['echo-10', 'echo-100', 'echo-1000', 'echo-5000'];
const opens = ['open-1000', 'open-5000'];
const allActive = ['pipes-100-100', 'pipes-1000-1000'];
const bulk = ['fifo', 'socketpair'];
const streams = [...bulk, 'tcp'];
const duplex: readonly ArmName[] = ['stream'];

export const targets: readonly Target[] = [
  times('64 B echo, 10 to 5,000 connections', dense, 'node', 1.35, 1.5),
  times('64 B echo, 10 to 5,000 connections', dense, 'c-poll', 0.85, 0.95),
  times('64 B echo, 10 to 5,000 connections', dense, 'libuv', 0.95, 1.05),
  times('16 KiB echo, recv', ['echo-16k'], 'node', 1.5, 2),
  times('16 KiB echo, recvInto', ['echo-16k'], 'node', 1.9, 2.5, into),
  times('64 B echo, 1 connection', ['echo-1'], 'node', 1.8, 3),
  share('64 B echo, 1 connection: CPU per request', ['echo-1'], 'cpu', 'node', 1, 1),
  times('5,000 idle + 1 active', ['idle-1'], 'node', 1.6, 2.5),
  times('5,000 idle + 1 active', ['idle-1'], 'python', 80, 200),
  times('5,000 idle + 100 active', ['idle-100'], 'node', 1.35, 1.45),
  times('Bursts, 50 of 5,000, inline', ['burst'], 'node', 1.3, 1.6, inline),
  share('Bursts, 50 of 5,000, inline: p99', ['burst'], 'p99', 'node', 0.8, 0.5, inline),
  share('Bursts, 50 of 5,000, inline: first answer', ['burst'], 'first50', 'node', 0.9, 0.5, inline),
  times('50 outstanding, at random among 5,000, inline', ['random'], 'node', 1.2, 1.4, inline),
  share('Open loop, 1,000/s and 5,000/s, inline: p99', opens, 'p99', 'node', 0.8, 0.4, inline),
  share('Open loop, 1,000/s and 5,000/s, inline: CPU', opens, 'cpu', 'node', 1, 0.8, inline),
  share('Open loop, 1,000/s and 5,000/s: p99', opens, 'p99', 'node', 1, 0.4),
  share('Open loop, 1,000/s and 5,000/s: CPU', opens, 'cpu', 'node', 1.3, 0.8),
  times('Pipes, all active', allActive, 'c-poll', 0.6, 0.85),
  times('5,000 pipes, 1 active, inline', ['pipes-5000-1'], 'node', 1.2, 2, inline),
  times('FIFO and socketpair bulk, recvInto', bulk, 'node', 1.5, 3, into),
  times('FIFO and socketpair bulk, recv', bulk, 'node', 1.2, 1.5),
  times('Duplex at 64 KiB, against net.Socket', streams, 'node', 1, 1.2, duplex),
  times('Duplex at 64 KiB, against fs streams', streams, 'node-other', 1, 1.2, duplex),
  times('Connect, echo, close', ['churn'], 'node', 1.3, 2),
  share('Memory per idle connection', ['memory'], 'memory', 'node', 0.35, 0.2),
  micro('One pass, one ready channel', 'pass-0', 1.4, 0.9, 'µs'),
  micro('Consult, inherited predicates', 'consult-inherited', 2, 0, 'ns'),
  micro('Consult, overridden predicates', 'consult-overridden-8', 40, 25, 'ns'),
  atMost('CPU with 5,000 idle channels', ['cpu-idle'], 'percent', 0.5, 0, '%'),
  atMost('Timer lag p99 at full load', ['lag'], 'lag99', 5, 2, 'ms'),
  times('AsyncChat lines, against readline', ['lines'], 'node', 2, 3),
  times('AsyncChat lines, against asynchat', ['lines'], 'python', 4, 10),
];
