// One run: starts the arm's server on its core, drives it from another, and turns what was counted
// into figures. A run that cannot count throws RunFailed.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Arm, Places } from '../plan/arms.ts';
import type { Figures } from '../plan/metrics.ts';
import type { Timing } from '../plan/schedule.ts';
import type { Workload } from '../plan/workloads.ts';
import { driverMaySpin, onDriverCore, onServerCore } from './cores.ts';
import { Launched, type Message, RunFailed } from './launch.ts';

/** What is measured, doing what, and for how long. */
export interface Run {
  workload: Workload;
  arm: Arm;
  places: Places;
  timing: Timing;
}

/** Seconds: CPython needs this long to accept 5,000 connections. */
const PATIENCE = 90;
const GIB = 2 ** 30;

function numberOf(message: Message, key: string): number {
  const value = message[key];
  return typeof value === 'number' ? value : Number.NaN;
}

function textOf(message: Message, key: string): string {
  const value = message[key];
  return typeof value === 'string' ? value : '';
}

function options(settings: Record<string, string | number>): string[] {
  return Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]);
}

function commandOf({ workload, arm, places }: Run): string[] {
  const command = arm.command(workload.program, places);
  if (command === null) throw new RunFailed(`${arm.name} has no program for this`);
  return command;
}

function timed({ workload, timing }: Run): Record<string, string | number> {
  const seconds = timing.seconds * (workload.longer ?? 1);
  return { warm: timing.warm, seconds, seed: timing.seed };
}

function loadGenerator(run: Run, server: Launched, address: string, settings = run.workload.settings): Launched {
  const all = {
    ...timed(run),
    ...settings,
    connect: address,
    server: server.pid,
    block: driverMaySpin ? 0 : 1,
  };
  return new Launched(onDriverCore([join(run.places.binaries, 'load-generator'), ...options(all)]));
}

/** What a workload does with a listening server; `drive` starts a load generator. */
type Drive = (server: Launched, drive: (settings?: Workload['settings']) => Launched) => Promise<Figures>;

async function withFolder(use: (folder: string) => Promise<Figures>): Promise<Figures> {
  const folder = mkdtempSync(join(tmpdir(), 'asyncore-bench-'));
  try {
    return await use(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function driveServer(run: Run, extra: string[], folder: string, use: Drive): Promise<Figures> {
  const listen = run.workload.unix ? `unix:${join(folder, 'echo.sock')}` : 'tcp';
  const server = new Launched(onServerCore([...commandOf(run), '--listen', listen, ...extra]));
  const generators: Launched[] = [];
  try {
    const address = textOf(await server.message('ready', PATIENCE), 'address');
    return await use(server, (settings) => {
      const generator = loadGenerator(run, server, address, settings);
      generators.push(generator);
      return generator;
    });
  } finally {
    for (const generator of generators) await generator.end();
    await server.end();
  }
}

function withServer(run: Run, extra: string[], use: Drive): Promise<Figures> {
  return withFolder((folder) => driveServer(run, extra, folder, use));
}

function figuresOf(message: Message): Figures {
  const count = numberOf(message, 'count');
  const seconds = numberOf(message, 'seconds');
  const cpuNs = numberOf(message, 'cpuNs');
  const figures: Figures = { percent: cpuNs / seconds / 1e7 };
  if (count > 0) {
    figures.rate = count / seconds;
    figures.cpu = cpuNs / count / 1000;
  }
  const latencies = ['p50', 'p99', 'p999', 'first50', 'first99'] satisfies (keyof Figures)[];
  for (const name of latencies) if (name in message) figures[name] = numberOf(message, name);
  return figures;
}

const driveLoad: Drive = async (_server, drive) => figuresOf(await drive().message('ok', PATIENCE));

const driveLag: Drive = async (server, drive) => {
  const load = drive();
  await load.message('event', PATIENCE);
  server.write('reset');
  const result = figuresOf(await load.message('ok', PATIENCE));
  server.write('lag');
  const lag = await server.message('control', PATIENCE);
  if (numberOf(lag, 'fired') < 10) throw new RunFailed('the timer hardly fired');
  return { ...result, lag50: numberOf(lag, 'p50'), lag99: numberOf(lag, 'p99') };
};

function residentKib(pid: number): number {
  const kib = /VmRSS:\s*(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kib ?? Number.NaN);
}

async function collect(server: Launched, arm: Arm): Promise<void> {
  if (arm.family !== 'asyncore' && arm.family !== 'node') return;
  server.write('gc');
  await server.message('control', PATIENCE);
}

async function hold(load: Launched, whileHeld: () => Promise<void>): Promise<void> {
  await load.message('event', PATIENCE);
  await whileHeld();
  load.closeInput();
  await load.message('ok', PATIENCE);
}

function measureMemory(run: Run): Promise<Figures> {
  const connections = Number(run.workload.settings.connections);
  return withServer(run, ['--control', 'gc'], async (server, drive) => {
    // A few connections first, so that what is allocated once is not counted as theirs.
    await hold(drive({ mode: 'hold', connections: 100 }), async () => {});
    await collect(server, run.arm);
    const before = residentKib(server.pid);
    let after = before;
    await hold(drive({ mode: 'hold', connections }), async () => {
      await collect(server, run.arm);
      after = residentKib(server.pid);
    });
    return { memory: (after - before) / connections };
  });
}

async function measureSelf(run: Run): Promise<Figures> {
  const settings = { ...timed(run), ...run.workload.settings };
  const program = new Launched(onServerCore([...commandOf(run), ...options(settings)]));
  try {
    return figuresOf(await program.message('ok', PATIENCE));
  } finally {
    await program.end();
  }
}

async function transfer(run: Run, folder: string): Promise<Figures> {
  const { through } = run.workload.settings;
  const path = through === 'fifo' ? ['--path', join(folder, 'fifo')] : [];
  const bytes = run.timing.gib * GIB;
  const reader = onServerCore([...commandOf(run), ...path]);
  const writer = [
    join(run.places.binaries, 'bulk-writer'),
    '--bytes',
    String(bytes),
    '--through',
    String(through),
    ...path,
  ];
  const program = new Launched(onDriverCore([...writer, '--', ...reader]));
  try {
    const message = await program.message('ok', PATIENCE);
    const count = numberOf(message, 'count');
    if (count !== bytes) throw new RunFailed(`${count} bytes arrived of ${bytes}`);
    // The writer waits for the reader, so that its CPU time is counted as the benchmark's own.
    await program.ended(PATIENCE);
    // CPU is per piece of 64 KiB.
    const pieces = count / 65536;
    return {
      rate: count / GIB / numberOf(message, 'seconds'),
      cpu: numberOf(message, 'cpuNs') / 1000 / pieces,
    };
  } finally {
    await program.end();
  }
}

export function measure(run: Run): Promise<Figures> {
  switch (run.workload.kind) {
    case 'load':
      return withServer(run, [], driveLoad);
    case 'lag':
      return withServer(run, ['--control', 'lag'], driveLag);
    case 'memory':
      return measureMemory(run);
    case 'self':
      return measureSelf(run);
    case 'bulk':
      return withFolder((folder) => transfer(run, folder));
  }
}
