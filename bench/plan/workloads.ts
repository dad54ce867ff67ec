// The workloads as data: what is done, by which program, with which arms, and what is shown of it.
import type { ArmName, Program } from './arms.ts';
import type { MetricName } from './metrics.ts';

/** How a workload is measured; each has a function in harness/measure.ts. */
export type Kind = 'load' | 'self' | 'bulk' | 'memory' | 'lag';

export interface Workload {
  name: string;
  title: string;
  group: 'Echo' | 'Mostly idle' | 'Pipes and files' | 'Overhead';
  kind: Kind;
  program: Program;
  /** Options for the load generator, or for a program that measures itself. */
  settings: Record<string, string | number>;
  arms: readonly ArmName[];
  /** What `rate` counts. */
  unit: string;
  primary: MetricName;
  shows: readonly MetricName[];
  /** What a reader of the table must know. */
  note?: string;
  /** The server listens on a UNIX socket. */
  unix?: boolean;
  /** The counting window is this many times as long as usual. */
  longer?: number;
  /** Part of the quick mode. */
  quick?: boolean;
}

const plain: readonly ArmName[] = ['poll', 'select', 'poll-inline', 'select-inline'];
const library: readonly ArmName[] = [...plain, 'poll-into', 'select-into'];
const rawAndUv: readonly ArmName[] = ['libuv', 'libuv-poll', 'c-poll', 'c-select', 'c-epoll'];
const servers: readonly ArmName[] = [...library, 'node', ...rawAndUv];
// asyncore accepts one connection per pass, and each pass looks at all: 5,000 take ten seconds.
const serversAndPython: readonly ArmName[] = [...servers, 'python'];

function echo(name: string, title: string, settings: Workload['settings'], more: Partial<Workload> = {}): Workload {
  return {
    name,
    title,
    group: 'Echo',
    kind: 'load',
    program: 'echo',
    settings: { mode: 'closed', ...settings },
    arms: serversAndPython,
    unit: 'requests/s',
    primary: 'rate',
    shows: ['rate', 'cpu', 'p50', 'p99'],
    ...more,
  };
}

function sparse(name: string, title: string, settings: Workload['settings'], more: Partial<Workload> = {}): Workload {
  return echo(name, title, { connections: 5000, ...settings }, { group: 'Mostly idle', arms: servers, ...more });
}

/** Seconds: at a thousand requests per second a JIT-compiled program takes this long to warm up. */
const WARM_OPEN = 2;
const fromDue = 'Requests are sent at random times, regardless of the answers; latency counts from when each was due.';

function ring(pipes: number, active: number, more: Partial<Workload> = {}): Workload {
  return {
    name: `pipes-${pipes}-${active}`,
    title: `${pipes.toLocaleString('en-US')} pipes, ${active.toLocaleString('en-US')} active`,
    group: 'Pipes and files',
    kind: 'self',
    program: 'ring',
    settings: { pipes, active },
    arms: [...plain, 'node', 'node-other', ...rawAndUv, 'python'],
    unit: 'events/s',
    primary: 'rate',
    shows: ['rate', 'cpu'],
    note: "Modelled on libevent's bench.c: each event reads a byte from one pipe and writes it to another.",
    ...more,
  };
}

function bulk(
  name: string,
  title: string,
  through: 'fifo' | 'socketpair' | 'tcp',
  more: Partial<Workload> = {},
): Workload {
  return {
    name,
    title,
    group: 'Pipes and files',
    kind: 'bulk',
    program: 'bulk',
    settings: { through, gib: 1 },
    arms: [...library, 'stream', 'node', 'node-other', 'c-poll', 'c-select', 'c-epoll'],
    unit: 'GiB/s',
    primary: 'rate',
    shows: ['rate', 'cpu'],
    note: '1 GiB (a quarter of that in quick mode); CPU is per 64 KiB; the FIFO holds 1 MiB.',
    ...more,
  };
}

export const workloads: readonly Workload[] = [
  echo('echo-1', '64 B echo, 1 connection', { connections: 1 }),
  echo('echo-10', '64 B echo, 10 connections', { connections: 10 }),
  echo('echo-100', '64 B echo, 100 connections', { connections: 100 }, { quick: true }),
  echo('echo-1000', '64 B echo, 1,000 connections', { connections: 1000 }),
  echo('echo-5000', '64 B echo, 5,000 connections', { connections: 5000 }, { arms: servers }),
  echo('echo-16k', '16 KiB echo, 100 connections', { connections: 100, size: 16384 }),
  echo('unix-100', '64 B echo, 100 UNIX sockets', { connections: 100 }, { unix: true }),
  echo('unix-16k', '16 KiB echo, 100 UNIX sockets', { connections: 100, size: 16384 }, { unix: true }),
  echo(
    'churn',
    'Connect, echo, close; 50 at a time',
    { mode: 'churn', connections: 50 },
    { unit: 'connections/s', shows: ['rate', 'cpu', 'p99'] },
  ),
  sparse('idle-1', '5,000 idle, 1 active', { active: 1 }, { arms: serversAndPython, quick: true }),
  sparse('idle-100', '5,000 idle, 100 active', { active: 100 }),
  sparse(
    'burst',
    'Bursts on 50 of 5,000, 200 ms each',
    { mode: 'burst', active: 50 },
    { longer: 2, shows: ['rate', 'cpu', 'p99', 'first50', 'first99'] },
  ),
  sparse('random', '50 outstanding, at random among 5,000', { mode: 'random', active: 50 }),
  sparse(
    'open-1000',
    'Open loop, 1,000/s over 5,000',
    { mode: 'open', rate: 1000, warm: WARM_OPEN },
    { note: fromDue, longer: 5, primary: 'p99', shows: ['p50', 'p99', 'p999', 'cpu'] },
  ),
  sparse(
    'open-5000',
    'Open loop, 5,000/s over 5,000',
    { mode: 'open', rate: 5000, warm: WARM_OPEN },
    { note: fromDue, longer: 5, primary: 'p99', shows: ['p50', 'p99', 'p999', 'cpu'] },
  ),
  ring(100, 100, { quick: true }),
  ring(1000, 100),
  ring(1000, 1000),
  ring(5000, 1),
  ring(100, 1, {
    name: 'changes',
    title: '10,000 channels, 1,000 change their interest in every pass',
    settings: { pipes: 100, active: 1, idle: 9900, changes: 1000 },
    arms: [...plain, 'node', 'c-poll', 'c-select', 'c-epoll'],
    unit: 'passes/s',
    note: 'A byte goes round 100 pipes, one step in a pass; the other channels wait for input by turns, and get none.',
  }),
  bulk('fifo', 'Bulk through a FIFO', 'fifo', { quick: true }),
  bulk('socketpair', 'Bulk through a socketpair', 'socketpair'),
  bulk('tcp', 'Bulk through a TCP connection', 'tcp'),
  {
    name: 'lines',
    title: 'Lines of 64 B on 8 connections',
    group: 'Pipes and files',
    kind: 'load',
    program: 'lines',
    settings: { mode: 'lines', connections: 8 },
    arms: [...plain, 'node', 'python'],
    unit: 'lines/s',
    primary: 'rate',
    shows: ['rate', 'cpu'],
    note: 'Each library delivers lines in its own form: readline as strings, asynchat and AsyncChat as bytes.',
  },
  sparse(
    'memory',
    'Memory per idle connection',
    {},
    {
      group: 'Overhead',
      kind: 'memory',
      primary: 'memory',
      shows: ['memory'],
      note: 'Resident memory of the process after garbage collection; the kernel holds the same for every arm.',
    },
  ),
  sparse(
    'cpu-idle',
    'CPU with 5,000 idle connections',
    { mode: 'idle', warm: 1 },
    { group: 'Overhead', longer: 2, primary: 'percent', shows: ['percent'] },
  ),
  echo(
    'lag',
    'Timer lag, 100 connections at full load',
    { connections: 100 },
    {
      group: 'Overhead',
      kind: 'lag',
      arms: [...library, 'node'],
      longer: 2,
      primary: 'lag99',
      shows: ['lag50', 'lag99', 'rate'],
    },
  ),
];

/** The arms of the quick mode. */
export const quickArms: readonly ArmName[] = ['poll', 'select', 'node', 'libuv', 'c-poll'];
