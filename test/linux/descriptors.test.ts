// asyncore/linux: EventFd, TimerFd, Inotify and PidFd, with select, Poll, FileDispatcher and their own
// channels. (signal_fd.test.ts has SignalFd.)
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { type ChannelMap, FileDispatcher } from '../../lib/index.ts';
import {
  CLOCK_REALTIME,
  type Ending,
  EventFd,
  EventFdDispatcher,
  IN_CREATE,
  IN_DELETE,
  IN_IGNORED,
  IN_ISDIR,
  IN_MOVED_FROM,
  IN_MOVED_TO,
  IN_ONESHOT,
  Inotify,
  InotifyDispatcher,
  type InotifyEvent,
  PidFd,
  PidFdDispatcher,
  TFD_TIMER_ABSTIME,
  TimerFd,
  TimerFdDispatcher,
} from '../../lib/linux.ts';
import { POLLIN, Poll, select, selectSync } from '../../lib/select.ts';
import { openDescriptors } from '../support/descriptors.ts';
import { thrownBy } from '../support/failure.ts';
import { isCloseOnExec, isNonBlocking } from '../support/flags.ts';
import { passesUntil, WAYS } from '../support/matrix.ts';
import { wrong } from '../support/state.ts';

const folder = mkdtempSync(join(tmpdir(), 'asyncore-linux-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A child that ends when its input does, with that code. */
function child(code: number) {
  const made = spawn('sh', ['-c', `read -r line; exit ${code}`], { stdio: ['pipe', 'ignore', 'ignore'] });
  if (made.pid === undefined) throw new Error('no child');
  return { process: made, pid: made.pid, end: () => made.stdin.end() };
}

describe('EventFd', () => {
  test('counts, and reading takes the count', () => {
    const event = new EventFd(2);
    event.write(3);
    event.write(2n ** 63n);
    expect([event.read(), event.read()]).toEqual([2n ** 63n + 5n, 0n]);
    event.write();
    expect(event.read()).toBe(1n);
    event.write(2n ** 64n - 2n);
    expect(thrownBy(() => event.write(1))).toMatchObject({ code: 'EAGAIN' });
    event.close();
  });

  test('a semaphore gives one at a time', () => {
    const event = new EventFd(2, true);
    expect([event.read(), event.read(), event.read()]).toEqual([1n, 1n, 0n]);
    event.close();
  });

  for (const way of WAYS) {
    test(`its channel is told the count (${way.name})`, async () => {
      const counts: bigint[] = [];
      class Counter extends EventFdDispatcher {
        override handleCount(count: bigint) {
          counts.push(count);
        }
      }
      const map: ChannelMap = new Map();
      const channel = new Counter(undefined, map);
      await way.passes(2, 0, map);
      expect(counts).toEqual([]);
      channel.file.write(4);
      channel.file.write(1);
      await passesUntil(way, () => counts.length > 0, map);
      expect(counts).toEqual([5n]);
      channel.close();
      expect([map.size, channel.file.fileno()]).toEqual([0, -1]);
    });
  }

  test('refuses what is no count', () => {
    for (const count of [-1, 1.5, 2 ** 32]) {
      expect(thrownBy(() => new EventFd(count))).toMatchObject({ code: 'ERR_OUT_OF_RANGE' });
    }
    expect(thrownBy(() => new EventFd(0, wrong(1)))).toMatchObject({ code: 'ERR_INVALID_ARG_TYPE' });
    const event = new EventFd();
    for (const count of [-1, 1.5, 2 ** 64, 2n ** 64n - 1n, -1n]) {
      expect(thrownBy(() => event.write(count))).toMatchObject({ code: 'ERR_OUT_OF_RANGE' });
    }
    expect(thrownBy(() => event.write(wrong('1')))).toMatchObject({ code: 'ERR_INVALID_ARG_TYPE' });
    expect(event.read()).toBe(0n);
    event.close();
  });
});

describe('TimerFd', () => {
  test('expires once, or again and again, never early, and is switched off', () => {
    const timer = new TimerFd();
    expect([timer.gettime(), timer.read()]).toEqual([[0, 0], 0]);
    const start = performance.now();
    expect(timer.settime(0.02)).toEqual([0, 0]);
    const [left] = timer.gettime();
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThanOrEqual(0.02);
    selectSync([timer], [], [], 5);
    expect(performance.now() - start).toBeGreaterThanOrEqual(20);
    expect([timer.read(), timer.read(), timer.gettime()]).toEqual([1, 0, [0, 0]]);

    timer.settime(1e-12, 0.001);
    let expirations = 0;
    while (expirations < 10) {
      selectSync([timer], [], [], 5);
      expirations += timer.read();
    }
    expect(timer.settime(0)[1]).toBe(0.001);
    expect([timer.gettime()[0], timer.read()]).toEqual([0, 0]);
    timer.close();
  });

  test('takes a time of its clock', () => {
    const timer = new TimerFd(CLOCK_REALTIME);
    timer.settime(Date.now() / 1000 + 1000, 0, TFD_TIMER_ABSTIME);
    expect(timer.gettime()[0]).toBeGreaterThan(990);
    timer.settime(Date.now() / 1000 - 1, 0, TFD_TIMER_ABSTIME);
    expect(selectSync([timer], [], [], 5)[0]).toEqual([timer]);
    expect(timer.read()).toBe(1);
    timer.close();
  });

  for (const way of WAYS) {
    test(`its channel is told how often it expired (${way.name})`, async () => {
      let expired = 0;
      class Clock extends TimerFdDispatcher {
        override handleTimer(expirations: number) {
          expired += expirations;
        }
      }
      const map: ChannelMap = new Map();
      const channel = new Clock(undefined, map);
      channel.file.settime(0.001, 0.001);
      await passesUntil(way, () => expired >= 5, map);
      channel.close();
    });
  }

  test('refuses what is no time', () => {
    expect(thrownBy(() => new TimerFd(99))).toMatchObject({ code: 'EINVAL', syscall: 'timerfd_create' });
    const timer = new TimerFd();
    for (const time of [-1, NaN, Infinity, 2 ** 62]) {
      expect(thrownBy(() => timer.settime(time))).toMatchObject({ code: 'ERR_OUT_OF_RANGE' });
      expect(thrownBy(() => timer.settime(1, time))).toMatchObject({ code: 'ERR_OUT_OF_RANGE' });
    }
    expect(thrownBy(() => timer.settime(wrong('1')))).toMatchObject({ code: 'ERR_INVALID_ARG_TYPE' });
    expect(timer.gettime()).toEqual([0, 0]);
    timer.close();
  });
});

describe('Inotify', () => {
  function newFolder(name: string): string {
    const path = join(folder, name);
    mkdirSync(path);
    return path;
  }

  test('tells what happened, in order', () => {
    const path = newFolder('order');
    const inotify = new Inotify();
    const wd = inotify.addWatch(path, IN_CREATE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE);
    expect(inotify.read()).toEqual([]);
    writeFileSync(join(path, 'a'), '');
    mkdirSync(join(path, 'größer'));
    renameSync(join(path, 'a'), join(path, 'b'));
    const events = inotify.read();
    const cookie = events[2]?.cookie ?? 0;
    expect(cookie).not.toBe(0);
    expect(events).toEqual([
      { wd, mask: IN_CREATE, cookie: 0, name: 'a' },
      { wd, mask: IN_CREATE | IN_ISDIR, cookie: 0, name: 'größer' },
      { wd, mask: IN_MOVED_FROM, cookie, name: 'a' },
      { wd, mask: IN_MOVED_TO, cookie, name: 'b' },
    ]);
    inotify.rmWatch(wd);
    expect(inotify.read()).toEqual([{ wd, mask: IN_IGNORED, cookie: 0, name: '' }]);
    expect(thrownBy(() => inotify.rmWatch(wd))).toMatchObject({ code: 'EINVAL', syscall: 'inotify_rm_watch' });
    inotify.close();
  });

  test('a name that is not UTF-8 is bytes', () => {
    const path = newFolder('bytes');
    const inotify = new Inotify();
    inotify.addWatch(Buffer.from(path), IN_CREATE);
    const name = Buffer.from([0x66, 0xff, 0xfe]);
    writeFileSync(Buffer.concat([Buffer.from(`${path}/`), name]), '');
    expect(inotify.read().map((event) => event.name)).toEqual([name]);
    inotify.close();
  });

  test('many events, with the longest names, all arrive', () => {
    const path = newFolder('many');
    const inotify = new Inotify();
    inotify.addWatch(path, IN_CREATE);
    const names = Array.from({ length: 500 }, (_, i) => `${i}-`.padEnd(255, 'x'));
    for (const name of names) writeFileSync(join(path, name), '');
    const seen: InotifyEvent[] = [];
    for (let events = inotify.read(); events.length > 0; events = inotify.read()) seen.push(...events);
    expect(seen.map(({ name }) => name)).toEqual(names);
    inotify.close();
  });

  test('a watch for one event is gone after it', () => {
    const path = newFolder('once');
    const inotify = new Inotify();
    const wd = inotify.addWatch(path, IN_CREATE | IN_ONESHOT);
    for (const name of ['a', 'b']) writeFileSync(join(path, name), '');
    expect(inotify.read().map(({ mask }) => mask)).toEqual([IN_CREATE, IN_IGNORED]);
    expect(wd).toBe(1);
    inotify.close();
  });

  for (const way of WAYS) {
    test(`its channel is told what happened (${way.name})`, async () => {
      const path = newFolder(way.name);
      const names: unknown[] = [];
      class Watch extends InotifyDispatcher {
        override handleEvents(events: InotifyEvent[]) {
          for (const { name } of events) names.push(name);
        }
      }
      const map: ChannelMap = new Map();
      const channel = new Watch(undefined, map);
      channel.file.addWatch(path, IN_CREATE);
      for (const name of ['a', 'b']) {
        writeFileSync(join(path, name), '');
        await passesUntil(way, () => names.includes(name), map);
      }
      expect(names).toEqual(['a', 'b']);
      channel.close();
    });
  }

  test('refuses what is no path or mask', () => {
    const inotify = new Inotify();
    const path = join(folder, 'nowhere');
    expect(thrownBy(() => inotify.addWatch(path, IN_CREATE))).toMatchObject({
      code: 'ENOENT',
      message: `ENOENT: no such file or directory, inotify_add_watch '${path}'`,
      path,
    });
    expect(thrownBy(() => inotify.addWatch('a\0b', 1))).toMatchObject({ code: 'ERR_INVALID_ARG_VALUE' });
    expect(thrownBy(() => inotify.addWatch(folder, 2 ** 32))).toMatchObject({ code: 'ERR_OUT_OF_RANGE' });
    expect(thrownBy(() => inotify.addWatch(folder, wrong('1')))).toMatchObject({ code: 'ERR_INVALID_ARG_TYPE' });
    inotify.close();
  });
});

describe('PidFd', () => {
  test("tells how a child ended, and Node's own 'exit' comes too", async () => {
    const { process: made, pid, end } = child(3);
    const exit = once(made, 'exit');
    const watched = new PidFd(pid);
    expect([watched.pid, watched.read()]).toEqual([pid, null]);
    end();
    expect((await select([watched], [], [], 10))[0]).toEqual([watched]);
    expect(watched.read()?.signal).toBe(null);
    expect(await exit).toEqual([3, null]);
    expect([3, null]).toContain(watched.read()?.code);
    watched.close();
  });

  test('signals go to that process and to no other one', async () => {
    const { process: made, pid } = child(0);
    const exit = once(made, 'exit');
    const watched = new PidFd(pid);
    watched.kill(0);
    watched.kill('SIGTERM');
    selectSync([watched], [], [], 10);
    // Node has not waited for it yet, because it has had no turn.
    expect(watched.read()).toEqual({ code: null, signal: 'SIGTERM' });
    expect(await exit).toEqual([null, 'SIGTERM']);
    expect(thrownBy(() => watched.kill())).toMatchObject({ code: 'ESRCH', syscall: 'pidfd_send_signal' });
    watched.close();
  });

  for (const way of WAYS) {
    test(`its channel is told once, and is closed then (${way.name})`, async () => {
      const endings: Ending[] = [];
      class Watch extends PidFdDispatcher {
        override handleExit(ending: Ending) {
          endings.push(ending);
        }
      }
      const map: ChannelMap = new Map();
      const { process: made, pid } = child(7);
      const exit = once(made, 'exit');
      const channel = new Watch(new PidFd(pid), map);
      await way.passes(2, 0, map);
      expect(endings).toEqual([]);
      process.kill(pid);
      await passesUntil(way, () => endings.length > 0, map);
      await way.passes(2, 0, map);
      expect(endings).toHaveLength(1);
      expect([map.size, channel.file.fileno()]).toEqual([0, -1]);
      expect(await exit).toEqual([null, 'SIGTERM']);
    });
  }

  test('refuses what is no process', () => {
    expect(thrownBy(() => new PidFd(2 ** 31 - 1))).toMatchObject({ code: 'ESRCH', syscall: 'pidfd_open' });
    for (const pid of [0, -1, 1.5]) expect(thrownBy(() => new PidFd(pid))).toMatchObject({ code: 'ERR_OUT_OF_RANGE' });
    const own = new PidFd(process.pid);
    expect(thrownBy(() => own.kill(wrong('SIGNONE')))).toMatchObject({ code: 'ERR_UNKNOWN_SIGNAL' });
    expect(thrownBy(() => own.kill(65))).toMatchObject({ code: 'ERR_OUT_OF_RANGE' });
    own.close();
  });
});

describe('all of them', () => {
  const makers = [() => new EventFd(), () => new TimerFd(), () => new Inotify(), () => new PidFd(process.pid)];

  test('are close-on-exec, non-blocking, and closed once', () => {
    const before = openDescriptors();
    for (const make of makers) {
      const file = make();
      expect(file.fd).toBe(file.fileno());
      expect(isCloseOnExec(file.fd), file.constructor.name).toBe(true);
      if (!(file instanceof PidFd)) expect(isNonBlocking(file.fd), file.constructor.name).toBe(true);
      file.close();
      file.close();
      expect(file.fileno()).toBe(-1);
      expect(
        thrownBy(() => file.read()),
        file.constructor.name,
      ).toMatchObject({ code: 'EBADF' });
    }
    expect(openDescriptors()).toEqual(before);
  });

  test('can be watched by Poll and by a FileDispatcher, which takes a duplicate', async () => {
    const event = new EventFd();
    const poller = new Poll();
    poller.register(event, POLLIN);
    expect(await poller.poll(0)).toEqual([]);
    event.write();
    expect(await poller.poll(5)).toEqual([[event.fileno(), POLLIN]]);
    for (const way of WAYS) {
      const counts: bigint[] = [];
      class Watch extends FileDispatcher {
        override writable() {
          return false;
        }
        override handleRead() {
          counts.push(event.read());
        }
      }
      const map: ChannelMap = new Map();
      const channel = new Watch(event, map);
      event.write(2);
      await passesUntil(way, () => counts.length > 0, map);
      channel.close();
    }
    event.close();
  });
});
