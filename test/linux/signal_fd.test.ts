// SignalFd in a process with all of Node's threads, beside its own handlers.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { type ChannelMap, loop } from '../../lib/index.ts';
import { SignalFd, SignalFdDispatcher, type SignalInfo } from '../../lib/linux.ts';
import { select, selectSync } from '../../lib/select.ts';
import { ROOT, runCommand, TSX } from '../support/child.ts';
import { openDescriptors } from '../support/descriptors.ts';
import { thrownBy } from '../support/failure.ts';
import { blockedBy, blockedSignals } from '../support/linux.ts';
import { passesUntil, WAYS } from '../support/matrix.ts';
import { wrong } from '../support/state.ts';
import { eventually } from '../support/wait.ts';

const bit = (signal: number) => 1n << BigInt(signal - 1);
const blocksAll = (signal: number) => blockedSignals().every((mask) => (mask & bit(signal)) !== 0n);

/** For processes that have to be compiled first, on a busy machine. */
const PATIENT = { timeout: 120_000 };

class Signals extends SignalFdDispatcher {
  readonly heard: string[] = [];
  override handleSignals(signals: SignalInfo[]) {
    for (const { signal } of signals) this.heard.push(signal);
  }
}

test('a signal is read and not acted on, with its sender', () => {
  const signals = new SignalFd(['SIGUSR2', 'SIGHUP', 40]);
  expect(signals.read()).toEqual([]);
  // The default of each of them is to end the process.
  process.kill(process.pid, 'SIGHUP');
  execFileSync('sh', ['-c', `kill -USR2 ${process.pid}; kill -40 ${process.pid}; kill -40 ${process.pid}`]);
  expect(selectSync([signals], [], [], 5)[0]).toEqual([signals]);
  const read = signals.read();
  expect(read.map(({ signal }) => signal).sort()).toEqual(['SIG40', 'SIG40', 'SIGHUP', 'SIGUSR2']);
  const uid = process.getuid?.();
  expect(read.find(({ signal }) => signal === 'SIGHUP')).toMatchObject({ signo: 1, code: 0, pid: process.pid, uid });
  expect(read.find(({ signal }) => signal === 'SIGUSR2')?.pid).not.toBe(process.pid);
  signals.close();
});

for (const way of WAYS) {
  test(`its channel is told of each signal that another process sends (${way.name})`, async () => {
    const map: ChannelMap = new Map();
    const channel = new Signals(new SignalFd(['SIGUSR2', 'SIGTERM']), map);
    for (const name of ['USR2', 'TERM', 'USR2']) {
      const before = channel.heard.length;
      execFileSync('kill', [`-${name}`, String(process.pid)]);
      await passesUntil(way, () => channel.heard.length > before, map);
    }
    expect(channel.heard).toEqual(['SIGUSR2', 'SIGTERM', 'SIGUSR2']);
    channel.close();
  });
}

test('every thread blocks the signals, also those that libuv starts later, and none after close', async () => {
  const before = blockedBy();
  const signal = 50;
  const signals = new SignalFd([signal]);
  expect(blocksAll(signal)).toBe(true);
  await Promise.all([1, 2, 3, 4].map(() => readFile('/proc/self/status')));
  expect(blocksAll(signal)).toBe(true);
  const other = new SignalFd([signal]);
  other.close();
  expect(blocksAll(signal)).toBe(true);
  signals.close();
  expect(blockedBy()).toBe(before);
});

test('a thousand signals, one after the other, all arrive', async () => {
  const map: ChannelMap = new Map();
  const channel = new Signals(new SignalFd(['SIGUSR2']), map);
  const running = loop({ map, timeout: null });
  for (let i = 1; i <= 1000; i++) {
    process.kill(process.pid, 'SIGUSR2');
    if (i % 50 === 0) await readFile('/proc/self/status');
    await eventually(() => channel.heard.length === i);
  }
  channel.close();
  await running;
});

test('a program that Node starts blocks nothing', () => {
  const signals = new SignalFd(['SIGUSR2', 'SIGTERM']);
  const status = execFileSync('cat', ['/proc/self/status'], { encoding: 'utf8' });
  expect(status).toMatch(/^SigBlk:\s+0+$/m);
  signals.close();
});

describe("beside Node's own handlers", () => {
  test('a listener hears what was read, whether it came before or after', async () => {
    let heard = 0;
    const hear = () => heard++;
    process.on('SIGUSR2', hear);
    const signals = new SignalFd(['SIGUSR2', 'SIGHUP']);
    process.on('SIGHUP', hear);
    for (const [i, name] of (['SIGUSR2', 'SIGHUP', 'SIGUSR2'] as const).entries()) {
      process.kill(process.pid, name);
      await select([signals], [], [], 5);
      expect(heard).toBe(i);
      expect(signals.read().map(({ signal }) => signal)).toEqual([name]);
      await eventually(() => heard === i + 1);
    }
    process.off('SIGHUP', hear);
    process.kill(process.pid, 'SIGHUP');
    await select([signals], [], [], 5);
    expect(signals.read()).toHaveLength(1);
    signals.close();
    // Without it, the listener hears signals as before.
    process.kill(process.pid, 'SIGUSR2');
    await eventually(() => heard === 4);
    process.off('SIGUSR2', hear);
  });

  test('SIGCHLD is read, and Node still hears that its children end', async () => {
    const map: ChannelMap = new Map();
    const channel = new Signals(new SignalFd(['SIGCHLD']), map);
    const running = loop({ map, timeout: null });
    expect(await once(spawn('sh', ['-c', 'exit 4']), 'exit')).toEqual([4, null]);
    expect(channel.heard).toContain('SIGCHLD');
    channel.close();
    await running;
  });

  test('reading SIGUSR1 does not start the debugger', PATIENT, async () => {
    const source = `
      const { SignalFd } = await import('./lib/linux.ts');
      const { select } = await import('./lib/select.ts');
      const signals = new SignalFd(['SIGUSR1']);
      process.kill(process.pid, 'SIGUSR1');
      await select([signals], [], [], 5);
      console.log(signals.read()[0].signal);
      signals.close();
    `;
    const args = [...TSX, '--input-type=module', '-e', source];
    const { stdout, stderr, code } = await runCommand(process.execPath, args, { cwd: ROOT }, 60);
    expect([code, stdout, stderr]).toEqual([0, 'SIGUSR1\n', '']);
  });
});

test('after close, a signal does what it does by default', PATIENT, async () => {
  const source = (pending: string) => `
    const { SignalFd } = await import('./lib/linux.ts');
    const signals = new SignalFd(['SIGTERM']);
    process.kill(process.pid, 'SIGTERM');
    setTimeout(() => { signals.read(); signals.close(); ${pending}; setInterval(() => {}, 1000); }, 20);
  `;
  const run = (pending: string) =>
    runCommand(process.execPath, [...TSX, '--input-type=module', '-e', source(pending)], { cwd: ROOT }, 60);
  expect(await run("process.kill(process.pid, 'SIGTERM')")).toMatchObject({ code: null, signal: 'SIGTERM' });
  expect(await run('process.exit(3)')).toMatchObject({ code: 3, signal: null });
});

test('a signal that nobody has read does not change how the process ends', PATIENT, async () => {
  const source = `
    const { SignalFd } = await import('./lib/linux.ts');
    const signals = new SignalFd(['SIGTERM']);
    process.kill(process.pid, 'SIGTERM');
    process.exitCode = 3;
  `;
  const args = [...TSX, '--input-type=module', '-e', source];
  expect(await runCommand(process.execPath, args, { cwd: ROOT }, 60)).toMatchObject({ code: 3, signal: null });
});

test('in a worker thread it works as well, and its end leaves the signals as they were', PATIENT, async () => {
  const source = `
    const { Worker } = await import('node:worker_threads');
    const worker = new Worker(\`
      import('tsx/esm/api').then(async (tsx) => {
        tsx.register();
        const { SignalFd } = await import('./lib/linux.ts');
        const { select } = await import('./lib/select.ts');
        const signals = new SignalFd(['SIGUSR2']);
        process.kill(process.pid, 'SIGUSR2');
        await select([signals], [], [], 5);
        (await import('node:worker_threads')).parentPort.postMessage(signals.read()[0].signal);
      });
    \`, { eval: true });
    worker.on('message', (signal) => console.log(signal));
    worker.on('exit', () => { process.kill(process.pid, 'SIGUSR2'); setInterval(() => {}, 1000); });
  `;
  const args = [...TSX, '--input-type=module', '-e', source];
  const { stdout, signal, stderr } = await runCommand(process.execPath, args, { cwd: ROOT }, 60);
  expect([stdout, signal], stderr).toEqual(['SIGUSR2\n', 'SIGUSR2']);
});

test('refuses what is no signal, or cannot be held', () => {
  const before = openDescriptors();
  const refused: [unknown, string][] = [
    ['SIGTERM', 'ERR_INVALID_ARG_TYPE'],
    [['SIGNONE'], 'ERR_UNKNOWN_SIGNAL'],
    [[0], 'ERR_OUT_OF_RANGE'],
    [[65], 'ERR_OUT_OF_RANGE'],
    [[null], 'ERR_INVALID_ARG_TYPE'],
    ...['SIGKILL', 'SIGSTOP', 'SIGSEGV', 'SIGURG'].map((name): [unknown, string] => [[name], 'ERR_INVALID_ARG_VALUE']),
  ];
  for (const [signals, code] of refused) {
    expect(
      thrownBy(() => new SignalFd(wrong(signals))),
      String(signals),
    ).toMatchObject({ code });
  }
  expect(openDescriptors()).toEqual(before);
  expect(readFileSync('/proc/self/status', 'utf8')).toMatch(/^SigBlk:\s+0+$/m);
});

test('no handler of a fault is called for somebody who asks the addon to', async () => {
  const source = `
    const { native } = await import('./lib/system/native.ts');
    for (const signal of [7, 11]) native.callHandlerOf(signal, 0);
    console.log('alive');
  `;
  const args = [...TSX, '--input-type=module', '-e', source];
  expect(await runCommand(process.execPath, args, { cwd: ROOT }, 60)).toMatchObject({ code: 0, stdout: 'alive\n' });
});
