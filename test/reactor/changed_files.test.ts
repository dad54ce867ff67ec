// Files that tell of their changes as exceptional conditions (POLLPRI): pressure triggers, and files of kernfs, which
// is what sysfs is made of: the value of a GPIO behaves as the events of a control group do here.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, readFileSync, readSync, rmdirSync, writeFileSync } from 'node:fs';
import { afterEach, describe, expect, test } from 'vitest';
import { type ChannelMap, closeAll, type LoopOptions, loop } from '../../lib/index.ts';
import { systemCode } from '../../lib/system/errors.ts';
import { BACKENDS } from '../support/matrix.ts';
import { eventually } from '../support/wait.ts';
import { Watcher } from '../support/watcher.ts';

const map: ChannelMap = new Map();
const children: ChildProcess[] = [];

afterEach(async () => {
  closeAll(map);
  for (const child of children.splice(0)) {
    if (child.exitCode === null && child.signalCode === null && child.kill('SIGKILL')) await once(child, 'exit');
  }
});

/** Has a command run until the test ends. */
function start(command: string, ...args: string[]): ChildProcess {
  const child = spawn(command, args, { stdio: 'ignore' });
  children.push(child);
  return child;
}

const isRoot = process.getuid?.() === 0;
const WAITS = ['worker', 'inline'] as const;

describe.each(BACKENDS)('%s', (backend) => {
  describe.each(WAITS)('%s', (wait) => {
    const options: LoopOptions = { map, backend, wait, timeout: null };

    test('a pressure trigger: tasks that wait for a processor are told of', { timeout: 20_000 }, async () => {
      let watcher: Watcher;
      try {
        watcher = Watcher.open('/proc/pressure/cpu', 'r+', { map });
      } catch (error) {
        // A kernel without PSI; or one that leaves triggers to root.
        expect(isRoot ? ['ENOENT', 'EOPNOTSUPP'] : ['ENOENT', 'EOPNOTSUPP', 'EACCES', 'EPERM']).toContain(
          systemCode(error),
        );
        return;
      }
      // Without CAP_SYS_RESOURCE, windows are of whole pairs of seconds. The last byte is taken for the text's end.
      const trigger = 'some 1000 2000000\0';
      expect(watcher.send(trigger)).toBe(trigger.length);
      const running = loop(options);
      const [, cpu = '0'] = /^Cpus_allowed_list:\s+(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
      // Two that want the same processor.
      for (let i = 0; i < 2; i++) start('taskset', '-c', cpu, 'sh', '-c', 'ulimit -t 10; while :; do :; done');
      await eventually(() => watcher.told > 0, 'no pressure was told of', 15);
      expect(watcher.closes).toBe(0);
      watcher.close();
      await running;
    });

    test('a file of kernfs: each change is told until the file is read', { timeout: 20_000 }, async () => {
      const [, root = '/nowhere'] = /^\S+ (\S+) cgroup2 /m.exec(readFileSync('/proc/self/mounts', 'utf8')) ?? [];
      const group = `${root}/asyncore-test-${process.pid}`;
      try {
        mkdirSync(group);
      } catch (error) {
        // There are no such groups, or they are not ours to make.
        expect(['ENOENT', 'EACCES', 'EPERM', 'EROFS']).toContain(systemCode(error));
        return;
      }
      const fd = openSync(`${group}/cgroup.events`, 'r');
      const states: string[] = [];
      const read = () => {
        const bytes = Buffer.alloc(200);
        const [, state = ''] = /populated (\d)/.exec(bytes.toString('utf8', 0, readSync(fd, bytes, 0, 200, 0))) ?? [];
        if (states.at(-1) !== state) states.push(state);
      };
      try {
        read();
        const watcher = new Watcher(fd, map);
        watcher.handleExpt = () => {
          watcher.told++;
          read();
        };
        const running = loop(options);
        const child = start('sleep', '20');
        writeFileSync(`${group}/cgroup.procs`, String(child.pid));
        await eventually(() => states.at(-1) === '1', 'it was not told that a process came', 10);
        child.kill('SIGKILL');
        await once(child, 'exit');
        await eventually(() => states.at(-1) === '0', 'it was not told that the process went', 10);
        expect([states, watcher.closes]).toEqual([['0', '1', '0'], 0]);
        // Not told of again once it has been read.
        expect(watcher.told).toBeLessThan(10);
        watcher.close();
        await running;
      } finally {
        closeSync(fd);
        for (const child of children) child.kill('SIGKILL');
        await eventually(
          () => {
            try {
              rmdirSync(group);
              return true;
            } catch (error) {
              if (systemCode(error) !== 'EBUSY') throw error;
              return false;
            }
          },
          'the group could not be removed',
          10,
        );
      }
    });
  });
});
