// What is parked, by what the system shows of the epoll instance: how much of it at a time, and what
// becomes of it when somebody else closes the instance.
import { closeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, expect, test, vi } from 'vitest';
import { type ChannelMap, closeAll, Dispatcher, FileWrapper, loop, pipe } from '../../lib/index.ts';
import { POLLIN } from '../../lib/select.ts';
import { type Socket, socketpair } from '../../lib/socket.ts';
import { native, POLL } from '../../lib/system/native.ts';
import { entered, epolls } from '../support/descriptors.ts';
import { BACKENDS } from '../support/matrix.ts';
import { eventually } from '../support/wait.ts';

// What is parked here is parked whatever the environment says of the other tests.
vi.hoisted(() => delete process.env['ASYNCORE_PARK_FROM']);

test('256 slots are parked in one look at the most', () => {
  const [reader, writer] = pipe();
  const files = Array.from({ length: 600 }, () => new FileWrapper(reader.fileno()));
  const set = native.newPollSet();
  native.setParking(set, 1);
  for (const [index, file] of files.entries()) {
    native.setEvents(set, native.add(set, file.fileno(), index), POLLIN);
  }
  const others = new Set(epolls());
  const steps: number[] = [];
  for (let before = 0, look = 0; look < 40; look++) {
    native.wait(set, POLL, 0, new Int32Array(8));
    const own = epolls().find((fd) => !others.has(fd));
    const after = own === undefined ? 0 : entered(own).length;
    if (after > before) steps.push(after - before);
    before = after;
  }
  native.closePollSet(set);
  for (const file of [reader, writer, ...files]) file.close();
  // All but one: somebody is always active.
  expect(steps).toEqual([256, 256, 87]);
});

/** Descriptors that were open before it was closed. */
const [reader, writer] = pipe();
const files = Array.from({ length: 10 }, () => new FileWrapper(reader.fileno()));
afterAll(() => {
  for (const file of [reader, writer, ...files]) file.close();
});

/** What takes the number of the instance that was closed. */
const STRANGERS: [what: string, take: (number: number) => (() => void) | undefined][] = [
  ['nothing', () => undefined],
  [
    'a quiet socket',
    (number) => {
      const pair = socketpair();
      expect(pair.map((each) => each.fileno())).toContain(number);
      return () => {
        for (const each of pair) each.close();
      };
    },
  ],
  [
    'another instance',
    (number) => {
      const set = native.newPollSet();
      native.setParking(set, 1);
      for (const [index, file] of files.entries()) {
        native.setEvents(set, native.add(set, file.fileno(), index), POLLIN);
      }
      for (let look = 0; look < 40; look++) native.wait(set, POLL, 0, new Int32Array(8));
      expect(epolls()).toContain(number);
      return () => native.closePollSet(set);
    },
  ],
  [
    'a socket with something in it',
    (number) => {
      const pair = socketpair();
      expect(pair.map((each) => each.fileno())).toContain(number);
      for (const each of pair) each.send('x');
      return () => {
        for (const each of pair) {
          expect(`${each.recv(10)}`).toBe('x');
          each.close();
        }
      };
    },
  ],
];

/** 80 quiet channels in a loop, all but a few of them parked, and what is entered in the epoll instance. */
async function parked(backend: 'select' | 'poll', wait: 'worker' | 'inline' = 'worker') {
  const map: ChannelMap = new Map();
  const heard: Reader[] = [];
  class Reader extends Dispatcher {
    constructor(sock: Socket) {
      super(sock, map);
    }
    override writable() {
      return false;
    }
    override handleRead() {
      this.recv(10);
      heard.push(this);
    }
  }
  const pairs = Array.from({ length: 80 }, () => socketpair());
  const channels = pairs.map(([sock]) => new Reader(sock));
  const others = new Set(epolls());
  const end = loop({ map, backend, wait, timeout: null });
  let own: number | undefined;
  await eventually(() => {
    // Passes come with events alone.
    pairs[0]?.[1].send('x');
    own = epolls().find((fd) => !others.has(fd));
    return own !== undefined && entered(own).length > 70;
  }, 'nothing is parked');
  // A look that is due would notice at once that the instance is gone: the thread is to sleep.
  await sleep(100);
  const close = async () => {
    closeAll(map);
    await end;
    for (const [, peer] of pairs) peer.close();
  };
  /** Only what is parked has something to tell: the active ones would have all looked at again. */
  const hearsParked = async () => {
    pairs[40]?.[1].send('x');
    await eventually(() => heard.some((one) => one === channels[40]), 'what was parked is not heard');
  };
  return { map, own: own ?? -1, heard, pairs, channels, close, hearsParked };
}

for (const backend of BACKENDS) {
  test(`the instance goes with the last channel that is entered (${backend})`, async () => {
    const { own, close } = await parked(backend);
    expect(epolls()).toContain(own);
    await close();
    expect(epolls()).not.toContain(own);
  });

  test.each(['worker', 'inline'] as const)(`somebody closes what is parked (${backend}, %s)`, async (wait) => {
    const { map, pairs, close } = await parked(backend, wait);
    const fd = pairs[40]?.[0].fileno() ?? -1;
    closeSync(fd);
    await eventually(() => !map.has(fd), 'its channel has heard nothing');
    expect(map.size).toBe(79);
    await close();
  });

  test.each(STRANGERS)(`somebody closes the instance, and its number goes to %s (${backend})`, async (_, take) => {
    const { own, heard, pairs, channels, close, hearsParked } = await parked(backend);
    closeSync(own);
    const release = take(own);
    // The thread sleeps on with the instance for a second at the most, closed or not.
    await sleep(1100);
    await hearsParked();
    for (const [, peer] of pairs) peer.send('x');
    await eventually(
      () => new Set(heard).size >= 80,
      () => `${new Set(heard).size} were heard`,
    );
    expect(new Set(heard)).toEqual(new Set(channels));
    await close();
    release?.();
  });

  test(`somebody closes the instance of a loop that never sleeps (${backend})`, async () => {
    const { map, own, close, hearsParked } = await parked(backend);
    const [sock, peer] = socketpair();
    class Busy extends Dispatcher {
      override handleWrite() {}
    }
    new Busy(sock, map);
    closeSync(own);
    await hearsParked();
    await close();
    peer.close();
  });
}
