// What the channels of asyncore/linux have of their own, and what they ask of a class that extends them.
import { expect, test } from 'vitest';
import {
  EventFd,
  EventFdDispatcher,
  InotifyDispatcher,
  PidFdDispatcher,
  SignalFdDispatcher,
  TimerFdDispatcher,
} from '../../lib/linux.ts';
import { SelectSelector } from '../../lib/selectors.ts';
import { SO_ERROR, SO_TYPE, SOL_SOCKET } from '../../lib/socket.ts';

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
