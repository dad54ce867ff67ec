// select() and Poll on numbers and on objects, while others close, register and wait: results are
// those of the moment of the wait, and an object that is closed is known to be.
import { closeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { type ChannelMap, type FileWrapper, loop, pipe } from '../../lib/index.ts';
import { POLLIN, POLLNVAL, POLLPRI, Poll, select, selectSync } from '../../lib/select.ts';
import { AF_INET, MSG_OOB, type Socket, socketpair } from '../../lib/socket.ts';
import { connectedPair } from '../support/pair.ts';
import { Recorder } from '../support/recorder.ts';
import { duration } from '../support/time.ts';

const badDescriptor = expect.objectContaining({ name: 'SystemError', code: 'EBADF', syscall: 'select' });

/** Lets the thread go to sleep in its wait. */
const asleep = () => sleep(50);

/** Stops this thread while that of the reactor goes on. */
function stand(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

test('what poll() found is not changed by a handler that registers another descriptor in the same turn', async () => {
  const [[a, b], [c, d], [other, peer]] = [socketpair(), socketpair(), socketpair()];
  const poller = new Poll();
  const number = a.fileno();
  poller.register(number, POLLIN);
  const found = poller.poll(5);
  const map: ChannelMap = new Map();
  const channel = new Recorder({
    sock: other,
    map,
    on: {
      read: () => {
        poller.unregister(number);
        a.close();
        // Takes the place of the first.
        poller.register(c, POLLIN);
      },
    },
  });
  const end = loop({ map, count: 1, timeout: 5 });
  await asleep();
  b.send('x');
  peer.send('x');
  // By now both have happened, and one turn hears of them.
  stand(20);
  expect(await found).toEqual([[number, POLLIN]]);
  await end;
  expect(channel.calls).toEqual(['read']);
  channel.close();
  for (const each of [b, c, d, peer]) each.close();
});

test('what select() found is not changed by a handler that closes it in the same turn', async () => {
  const [[a, b], [other, peer]] = [socketpair(), socketpair()];
  const found = select([a], [], [], 5);
  const map: ChannelMap = new Map();
  const channel = new Recorder({ sock: other, map, on: { read: () => a.close() } });
  const end = loop({ map, count: 1, timeout: 5 });
  await asleep();
  b.send('x');
  peer.send('x');
  stand(20);
  expect(await found).toEqual([[a], [], []]);
  await end;
  expect(channel.calls).toEqual(['read']);
  channel.close();
  for (const each of [b, peer]) each.close();
});

test('pollSync() beside a pending poll() reports each descriptor once, and so does poll()', async () => {
  const [client, served] = connectedPair({ name: 'inet', family: AF_INET, address: () => ['127.0.0.1', 0] });
  const poller = new Poll();
  poller.register(served, POLLIN | POLLPRI);
  const found = poller.poll(5);
  await asleep();
  expect(poller.pollSync(0)).toEqual([]);
  client.send('!', MSG_OOB);
  // The thread has seen the urgent byte, and its report waits for this one.
  stand(50);
  expect(poller.pollSync(1)).toEqual([[served.fileno(), POLLPRI]]);
  expect(poller.pollSync(1)).toEqual([[served.fileno(), POLLPRI]]);
  expect(await found).toEqual([[served.fileno(), POLLPRI]]);
  for (const each of [client, served]) each.close();
});

const OBJECTS: [name: string, make: () => [Socket | FileWrapper, Socket | FileWrapper]][] = [
  ['Socket', () => socketpair()],
  ['FileWrapper', () => pipe()],
];

/** Another descriptor under the number that `closed` had. */
function successor(number: number): { taken: FileWrapper | Socket; all: (FileWrapper | Socket)[] } {
  const all: (FileWrapper | Socket)[] = [];
  for (let i = 0; i < 100; i++) {
    all.push(...socketpair());
    const taken = all.find((each) => each.fileno() === number);
    if (taken !== undefined) return { taken, all };
  }
  throw new Error(`nothing took ${number}`);
}

for (const [name, make] of OBJECTS) {
  test(`select() on a ${name} that is closed while it waits ends at once`, async () => {
    const [one, other] = make();
    const waiting = select([one], [], [], 5);
    await asleep();
    const ending = expect(waiting).rejects.toEqual(badDescriptor);
    one.close();
    expect(await duration(() => ending)).toBeLessThan(0.5);
    other.close();
  });

  for (const state of ['idle', 'ready']) {
    test(`select() on a ${name} that is closed is not that on its number's next, which is ${state}`, async () => {
      const [one, other] = make();
      const waiting = select([one], [], [], 5);
      await asleep();
      const number = one.fileno();
      const ending = expect(waiting).rejects.toEqual(badDescriptor);
      one.close();
      const { all } = successor(number);
      if (state === 'ready') for (const each of all) each.send('x');
      expect(await duration(() => ending)).toBeLessThan(0.5);
      for (const each of [...all, other]) each.close();
    });

    test(`Poll tells of a ${name} that is closed, and not of its number's next, which is ${state}`, async () => {
      const [one, other] = make();
      const poller = new Poll();
      poller.register(one, POLLIN);
      const waiting = poller.poll(5);
      await asleep();
      const number = one.fileno();
      one.close();
      const { taken, all } = successor(number);
      if (state === 'ready') for (const each of all) each.send('x');
      expect(await waiting).toEqual([[number, POLLNVAL]]);
      expect(poller.pollSync(0)).toEqual([[number, POLLNVAL]]);
      // Registered by its new owner, it is that one's.
      poller.register(taken, POLLIN);
      expect(poller.pollSync(0)).toEqual(state === 'ready' ? [[number, POLLIN]] : []);
      for (const each of [...all, other]) each.close();
    });
  }
}

test('an object that throws instead of saying its number is one that is closed', async () => {
  const [sock, peer] = socketpair();
  const gone = {
    closed: false,
    fileno() {
      if (this.closed) throw new Error('closed');
      return sock.fileno();
    },
  };
  const poller = new Poll();
  poller.register(gone, POLLIN);
  const waiting = select([gone], [], [], 5);
  await asleep();
  gone.closed = true;
  peer.send('x');
  await expect(waiting).rejects.toEqual(badDescriptor);
  expect(await poller.poll(1)).toEqual([[sock.fileno(), POLLNVAL]]);
  for (const each of [sock, peer]) each.close();
});

test('a number that somebody else closes during a long select() or poll() is noticed', async () => {
  const [[a, b], [c, d]] = [socketpair(), socketpair()];
  const poller = new Poll();
  poller.register(c.fileno(), POLLIN);
  const selecting = expect(select([a.fileno()], [], [], 30)).rejects.toEqual(badDescriptor);
  const polling = expect(poller.poll(30)).resolves.toEqual([[c.fileno(), POLLNVAL]]);
  await asleep();
  for (const each of [a, c]) closeSync(each.fileno());
  expect(await duration(() => Promise.all([selecting, polling]))).toBeLessThan(1.5);
  // Their owners find that out, too.
  for (const each of [a, c]) expect(() => each.close()).toThrow('EBADF');
  for (const each of [b, d]) each.close();
  expect(selectSync([], [], [], 0)).toEqual([[], [], []]);
});
