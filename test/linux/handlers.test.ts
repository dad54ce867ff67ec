// What the channels of asyncore/linux have of their own, and what they ask of a class that extends them.
import { appendFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type ChannelMap, loop } from '../../lib/index.ts';
import {
  EventFd,
  EventFdDispatcher,
  IN_MODIFY,
  Inotify,
  InotifyDispatcher,
  type LinuxDispatcher,
  type LinuxFile,
  PidFdDispatcher,
  SignalFd,
  SignalFdDispatcher,
  TimerFd,
  TimerFdDispatcher,
} from '../../lib/linux.ts';
import { SelectSelector } from '../../lib/selectors.ts';
import { SO_ERROR, SO_TYPE, SOL_SOCKET } from '../../lib/socket.ts';
import { now } from '../../lib/system/clock.ts';
import { eventfds, openDescriptors, openedSince } from '../support/descriptors.ts';
import { temporaryPath } from '../support/matrix.ts';

const HANDLERS: [type: { readonly name: string; readonly prototype: object }, handler: string][] = [
  [EventFdDispatcher, 'handleCount'],
  [TimerFdDispatcher, 'handleTimer'],
  [SignalFdDispatcher, 'handleSignals'],
  [InotifyDispatcher, 'handleEvents'],
  [PidFdDispatcher, 'handleExit'],
];

test.each(HANDLERS)('a handler that nobody has written says so', (type, handler) => {
  const method: unknown = Reflect.get(type.prototype, handler);
  if (typeof method !== 'function') throw new Error(`${type.name} has no ${handler}()`);
  expect(() => Reflect.apply(method, undefined, [])).toThrow(`${handler}()`);
});

/** A channel of each kind, what makes it readable, and where its handler stands. */
const EVENTS: Record<string, (map: ChannelMap) => [LinuxDispatcher<LinuxFile>, happen: () => void, handler: string]> = {
  EventFd: (map) => {
    const channel = new EventFdDispatcher(new EventFd(), map);
    return [channel, () => channel.file.write(), 'handleCount'];
  },
  TimerFd: (map) => {
    const channel = new TimerFdDispatcher(new TimerFd(), map);
    return [channel, () => channel.file.settime(1e-9), 'handleTimer'];
  },
  SignalFd: (map) => {
    const channel = new SignalFdDispatcher(new SignalFd(['SIGUSR2']), map);
    return [channel, () => process.kill(process.pid, 'SIGUSR2'), 'handleSignals'];
  },
  Inotify: (map) => {
    const channel = new InotifyDispatcher(new Inotify(), map);
    const path = temporaryPath();
    writeFileSync(path, '');
    channel.file.addWatch(path, IN_MODIFY);
    return [channel, () => appendFileSync(path, 'x'), 'handleEvents'];
  },
};

test.each(Object.keys(EVENTS))('%s: what was read puts the limits of setTimeout() off', async (name) => {
  const map: ChannelMap = new Map();
  const [channel, happen, handler] = EVENTS[name]?.(map) ?? [];
  if (channel === undefined || handler === undefined) throw new Error('no channel');
  let [read, over] = [0, 0];
  Object.assign(channel, {
    [handler]: () => {
      read = now();
    },
    handleTimeout: () => {
      over = now();
    },
  });
  channel.setTimeout('idle', 0.3);
  await loop({ map, count: 1, timeout: 0.2 });
  happen?.();
  for (let i = 0; read === 0 && i < 20; i++) await loop({ map, count: 1, timeout: 1 });
  over = 0;
  for (let i = 0; over === 0 && i < 5; i++) await loop({ map, count: 1, timeout: 1 });
  expect(over - read).toBeGreaterThanOrEqual(0.29);
  channel.close();
});

test.each([EventFdDispatcher, TimerFdDispatcher, InotifyDispatcher])(
  'a channel that cannot be made closes what it has opened, and nothing else',
  (type) => {
    const before = openDescriptors();
    const counters = eventfds();
    for (const map of [{}, Object.freeze(new Map())]) {
      expect(() => Reflect.construct(type, [undefined, map])).toThrow(TypeError);
      expect(openedSince(before)).toEqual([]);
      expect(eventfds().filter((fd) => !counters.includes(fd))).toEqual([]);
      using file = new EventFd();
      expect(() => Reflect.construct(type, [file, map])).toThrow(TypeError);
      expect(file.fd).toBeGreaterThan(-1);
    }
  },
);

test('an object of Linux has no pending error, and no other option of a socket', () => {
  using counter = new EventFd();
  expect(counter.getsockopt(SOL_SOCKET, SO_ERROR)).toBe(0);
  expect(() => counter.getsockopt(SOL_SOCKET, SO_TYPE)).toThrow('getsockopt()');
});

test('the map of a selector is that of its keys', () => {
  using counter = new EventFd();
  using selector = new SelectSelector<string>();
  const key = selector.register(counter, 1, 'data');
  const map = selector.getMap();
  if (map === null) throw new Error('the selector is closed');
  expect([...map.keys()]).toEqual([counter.fd]);
  expect([...map.values()]).toEqual([key]);
  expect([...map]).toEqual([[counter.fd, key]]);
  for (const timeout of ['1', Number.NaN, {}]) {
    expect(() => Reflect.apply(selector.selectSync, selector, [timeout])).toThrow(TypeError);
  }
});
