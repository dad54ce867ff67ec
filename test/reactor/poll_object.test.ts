// 'asyncore/select': the Poll object.
import { closeSync, openSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { pipe } from '../../lib/index.ts';
import { POLLERR, POLLHUP, POLLIN, POLLNVAL, POLLOUT, POLLPRI, POLLRDHUP, Poll } from '../../lib/select.ts';
import { AF_INET, MSG_OOB, SHUT_WR, socketpair } from '../../lib/socket.ts';
import { occupyBelow } from '../support/many.ts';
import { connectedPair } from '../support/pair.ts';
import { duration, within } from '../support/time.ts';

const WAYS: { name: string; run: (poller: Poll, timeout?: number | null) => Promise<[number, number][]> }[] = [
  { name: 'poll', run: async (poller, timeout) => poller.poll(timeout) },
  { name: 'pollSync', run: async (poller, timeout) => poller.pollSync(timeout) },
];

describe.each(WAYS)('$name', ({ run }) => {
  test('pairs of number and events come in the order of registration', async () => {
    const [[a, b], [c, d]] = [socketpair(), socketpair()];
    const poller = new Poll();
    poller.register(d, POLLIN | POLLOUT);
    poller.register(a.fileno(), POLLIN | POLLOUT);
    poller.register({ fileno: () => c.fileno() }, POLLIN);
    b.send('x');
    d.send('x');
    expect(await run(poller, 1)).toEqual([
      [d.fileno(), POLLOUT],
      [a.fileno(), POLLIN | POLLOUT],
      [c.fileno(), POLLIN],
    ]);
    for (const each of [a, b, c, d]) each.close();
  });

  test('modify() knows the object that has the number now', async () => {
    const [closed, its] = socketpair();
    const fd = closed.fileno();
    const poller = new Poll();
    poller.register(closed, POLLIN);
    closed.close();
    const [one, two] = socketpair();
    const [own, peer] = one.fileno() === fd ? [one, two] : [two, one];
    expect(own.fileno()).toBe(fd);
    poller.modify(own, POLLIN);
    peer.send('x');
    expect(await run(poller, 1)).toEqual([[fd, POLLIN]]);
    for (const each of [its, one, two]) each.close();
  });

  test('what is registered anew comes last', async () => {
    const all = [socketpair(), socketpair()].flat();
    const poller = new Poll();
    for (const each of all) poller.register(each, POLLOUT);
    for (const each of all.slice(0, 2).toReversed()) {
      poller.unregister(each);
      poller.register(each, POLLOUT);
    }
    const [a, b, c, d] = all.map((each): [number, number] => [each.fileno(), POLLOUT]);
    expect(await run(poller, 1)).toEqual([c, d, b, a]);
    for (const each of all) each.close();
  });

  test('the default mask is input, urgent input and output', async () => {
    const [client, served] = connectedPair({ name: 'inet', family: AF_INET, address: () => ['127.0.0.1', 0] });
    client.send('x');
    client.send('!', MSG_OOB);
    const poller = new Poll();
    poller.register(served, POLLPRI);
    await run(poller, 1);
    poller.register(served);
    expect(await run(poller, 1)).toEqual([[served.fileno(), POLLIN | POLLPRI | POLLOUT]]);
    for (const each of [client, served]) each.close();
  });

  test('register() again and modify() change the mask, and unregister() removes it', async () => {
    const [a, b] = socketpair();
    const poller = new Poll();
    poller.register(a, POLLIN);
    expect(await run(poller, 0)).toEqual([]);
    poller.register(a, POLLOUT);
    expect(await run(poller, 0)).toEqual([[a.fileno(), POLLOUT]]);
    poller.modify(a.fileno(), POLLIN);
    expect(await run(poller, 0)).toEqual([]);
    poller.modify(a, POLLOUT);
    poller.unregister(a.fileno());
    expect(await run(poller, 0)).toEqual([]);
    for (const each of [a, b]) each.close();
  });

  test('what is not registered is ENOENT', async () => {
    const [a, b] = socketpair();
    const poller = new Poll();
    poller.register(a);
    const unknown = (syscall: string) => expect.objectContaining({ name: 'SystemError', code: 'ENOENT', syscall });
    expect(() => poller.modify(b, POLLIN)).toThrow(unknown('modify'));
    expect(() => poller.unregister(b)).toThrow(unknown('unregister'));
    poller.unregister(a);
    expect(() => poller.unregister(a)).toThrow(unknown('unregister'));
    expect(await run(poller, 0)).toEqual([]);
    for (const each of [a, b]) each.close();
  });

  test('POLLHUP, POLLERR and POLLNVAL come unasked, POLLRDHUP when asked for', async () => {
    const [reader, writer] = pipe();
    const [brokenReader, broken] = pipe();
    const [a, b] = socketpair();
    const gone = openSync('/dev/null', 'r');
    const poller = new Poll();
    for (const each of [reader, broken, gone]) poller.register(each, 0);
    poller.register(a, POLLRDHUP);
    expect(await run(poller, 0)).toEqual([]);
    writer.close();
    brokenReader.close();
    closeSync(gone);
    b.shutdown(SHUT_WR);
    expect(await run(poller, 1)).toEqual([
      [reader.fileno(), POLLHUP],
      [broken.fileno(), POLLERR],
      [gone, POLLNVAL],
      [a.fileno(), POLLRDHUP],
    ]);
    for (const each of [reader, broken, a, b]) each.close();
  });

  test('a time-out is waited for in full, also without descriptors', async () => {
    const [a, b] = socketpair();
    const poller = new Poll();
    expect(await duration(() => run(poller, 0.05))).toBeGreaterThanOrEqual(0.05);
    poller.register(a, POLLIN);
    expect(await duration(() => run(poller, 0.05))).toBeGreaterThanOrEqual(0.05);
    expect(await duration(() => run(poller, 0.0003))).toBeGreaterThanOrEqual(0.0003);
    poller.modify(a, POLLOUT);
    for (const timeout of [null, undefined, Infinity]) expect(await run(poller, timeout)).toHaveLength(1);
    for (const each of [a, b]) each.close();
  });

  test('a place that became free goes to the next descriptor', async () => {
    const pairs = Array.from({ length: 100 }, () => socketpair());
    const ours = pairs.map(([one]) => one);
    const poller = new Poll();
    for (const each of ours) poller.register(each, POLLOUT);
    for (const each of ours.slice(10, 60)) poller.unregister(each);
    const others = pairs.map(([, two]) => two).slice(0, 30);
    for (const each of others) poller.register(each, POLLOUT);
    const expected = [...ours.slice(0, 10), ...ours.slice(60), ...others].map((each) => each.fileno());
    const events = await run(poller, 0);
    expect(events.map(([fd]) => fd).sort((x, y) => x - y)).toEqual(expected.sort((x, y) => x - y));
    for (const each of pairs.flat()) each.close();
  });

  test('descriptors from 3000 on can be polled', async () => {
    const release = occupyBelow(3000);
    const [a, b] = socketpair();
    const poller = new Poll();
    poller.register(a, POLLOUT);
    expect(await run(poller, 0)).toEqual([[a.fileno(), POLLOUT]]);
    for (const each of [a, b]) each.close();
    release();
  });
});

test('a second poll() is refused while one waits, which goes on', async () => {
  const [a, b] = socketpair();
  const poller = new Poll();
  poller.register(a, POLLIN);
  const first = poller.poll(10);
  await expect(poller.poll(0)).rejects.toThrow(expect.objectContaining({ code: 'ERR_POLL_RUNNING' }));
  expect(poller.pollSync(0)).toEqual([]);
  b.send('x');
  expect(await within(first, 5, 'the first poll()')).toEqual([[a.fileno(), POLLIN]]);
  expect(await poller.poll(0)).toEqual([[a.fileno(), POLLIN]]);
  for (const each of [a, b]) each.close();
});

test('registering, modifying and unregistering during a wait take effect in that wait', async () => {
  const [[a, b], [c, d]] = [socketpair(), socketpair()];
  for (const [what, change] of [
    ['register', (poller: Poll) => poller.register(c, POLLIN)],
    ['modify', (poller: Poll) => poller.modify(d, POLLOUT)],
  ] as const) {
    const poller = new Poll();
    poller.register(a, POLLIN);
    poller.register(d, POLLIN);
    d.send('x');
    const waiting = poller.poll(10);
    setTimeout(() => change(poller), 5);
    expect(await within(waiting, 5, what), what).toHaveLength(1);
  }
  const poller = new Poll();
  poller.register(a, POLLIN);
  poller.register(c, POLLPRI);
  const waiting = poller.poll(0.1);
  setTimeout(() => {
    poller.unregister(a);
    b.send('x');
  }, 5);
  expect(await waiting).toEqual([]);
  for (const each of [a, b, c, d]) each.close();
});

test('closing a registered descriptor during a wait is POLLNVAL', async () => {
  const [a, b] = socketpair();
  const fd = a.fileno();
  const poller = new Poll();
  poller.register(a, POLLIN);
  const waiting = poller.poll(10);
  setTimeout(() => a.close(), 5);
  expect(await within(waiting, 5, 'the end')).toEqual([[fd, POLLNVAL]]);
  b.close();
});

test('many Poll objects can wait at the same time', async () => {
  const pairs = Array.from({ length: 20 }, () => socketpair());
  const waits = pairs.map(async ([one]) => {
    const poller = new Poll();
    poller.register(one, POLLIN);
    return poller.poll(10);
  });
  for (const [, two] of [...pairs].reverse()) two.send('x');
  const results = await within(Promise.all(waits), 5, 'all of them');
  expect(results).toEqual(pairs.map(([one]) => [[one.fileno(), POLLIN]]));
  for (const each of pairs.flat()) each.close();
});
