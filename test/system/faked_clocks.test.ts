// Programs replace the clocks and timers of JavaScript: fake timers, test runners, instrumentation.
// Waits go by the addon's clock, and nothing that runs later is what a program may have replaced.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type ChannelMap, Dispatcher, loop, loopSync, poll, poll2 } from '../../lib/index.ts';
import { POLLIN, Poll, select, selectSync } from '../../lib/select.ts';
import { type Socket, socketpair } from '../../lib/socket.ts';
import { BACKENDS } from '../support/matrix.ts';

const clock = process.hrtime.bigint;
const map: ChannelMap = new Map();
let sock: Socket;
let peer: Socket;

class Idle extends Dispatcher {
  override writable() {
    return false;
  }
}

beforeEach(() => {
  [sock, peer] = socketpair();
  new Idle(sock, map);
  vi.useFakeTimers({
    toFake: [
      'setTimeout',
      'clearTimeout',
      'setInterval',
      'clearInterval',
      'setImmediate',
      'clearImmediate',
      'queueMicrotask',
      'Date',
      'performance',
      'hrtime',
    ],
  });
});

afterEach(() => {
  vi.useRealTimers();
  for (const channel of map.values()) channel.close?.();
  map.clear();
  peer.close();
});

/** Whether `action` takes `seconds`, give or take what a busy machine needs. */
async function takes(seconds: number, action: () => unknown): Promise<void> {
  const began = clock();
  await action();
  const took = Number(clock() - began) / 1e9;
  expect(took).toBeGreaterThanOrEqual(seconds);
  expect(took).toBeLessThan(seconds + 1);
}

test('the clocks are faked', () => {
  const before = [performance.now(), Date.now(), process.hrtime.bigint()];
  selectSync([], [], [], 0.01);
  expect([performance.now(), Date.now(), process.hrtime.bigint()]).toEqual(before);
});

test('single passes and waits end in time', async () => {
  await takes(0.05, () => poll(0.05, map));
  await takes(0.05, () => poll2(0.05, map));
  await takes(0.05, () => select([sock], [], [], 0.05));
  await takes(0.05, () => selectSync([sock], [], [], 0.05));
  const poller = new Poll();
  poller.register(sock, POLLIN);
  await takes(0.05, () => poller.poll(0.05));
  await takes(0.05, () => poller.pollSync(0.05));
});

for (const backend of BACKENDS) {
  test(`passes of a loop end in time (${backend})`, async () => {
    await takes(0.06, () => loop({ backend, map, count: 3, timeout: 0.02 }));
    await takes(0.06, () => loopSync({ backend, map, count: 3, timeout: 0.02 }));
  });
}

test('events arrive', async () => {
  const waiting = select([sock], [], [], 5);
  peer.send('x');
  await takes(0, () => waiting);
  expect(await waiting).toEqual([[sock], [], []]);
});
