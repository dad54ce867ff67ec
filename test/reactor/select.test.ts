// 'asyncore/select': select() and selectSync(), on numbers and on objects.
import { closeSync, openSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { pipe } from '../../lib/index.ts';
import { select, selectSync } from '../../lib/select.ts';
import { AF_INET, MSG_OOB, Socket, socketpair } from '../../lib/socket.ts';
import { runProgram } from '../support/child.ts';
import { occupyBelow } from '../support/many.ts';
import { connectedPair, fill } from '../support/pair.ts';
import { best, duration, within } from '../support/time.ts';

type Lists = Parameters<typeof selectSync>;

const WAYS: { name: string; run: (...lists: Lists) => Promise<unknown> }[] = [
  { name: 'select', run: async (...lists) => select(...lists) },
  { name: 'selectSync', run: async (...lists) => selectSync(...lists) },
];

const badDescriptor = expect.objectContaining({ name: 'SystemError', code: 'EBADF', syscall: 'select' });

describe.each(WAYS)('$name', ({ run }) => {
  test('the lists that come back hold the very items that were given', async () => {
    const [[a, b], [c, d]] = [socketpair(), socketpair()];
    const own = { fileno: () => c.fileno() };
    b.send('x');
    d.send('x');
    expect(await run([a, own, b], [], [], 1)).toEqual([[a, own], [], []]);
    expect(await run([own, a.fileno(), a], [b], [], 1)).toEqual([[own, a.fileno(), a], [b], []]);
    for (const each of [a, b, c, d]) each.close();
  });

  test('a descriptor may be in several lists, and several times in one', async () => {
    const [a, b] = socketpair();
    expect(await run([a, a], [a, a.fileno(), a], [a], 1)).toEqual([[], [a, a.fileno(), a], []]);
    b.send('x');
    expect(await run([a, a], [a], [a], 1)).toEqual([[a, a], [a], []]);
    for (const each of [a, b]) each.close();
  });

  test('any iterable can be a list', async () => {
    const [a, b] = socketpair();
    function* both() {
      yield a;
      yield b.fileno();
    }
    expect(await run(new Set([a]), both(), new Set([]), 0)).toEqual([[], [a, b.fileno()], []]);
    for (const each of [a, b]) each.close();
  });

  test('what cannot be written to is not writable', async () => {
    const [a, b] = socketpair();
    expect(await run([], [a], [], 0)).toEqual([[], [a], []]);
    fill(a);
    expect(await run([], [a], [], 0)).toEqual([[], [], []]);
    while (selectSync([b], [], [], 0)[0].length > 0) b.recv(1 << 20);
    expect(await run([], [a], [], 1)).toEqual([[], [a], []]);
    for (const each of [a, b]) each.close();
  });

  test('an urgent byte is an exceptional condition', async () => {
    const [client, served] = connectedPair({ name: 'inet', family: AF_INET, address: () => ['127.0.0.1', 0] });
    client.send('!', MSG_OOB);
    expect(await run([], [], [served, client], 1)).toEqual([[], [], [served]]);
    for (const each of [client, served]) each.close();
  });

  test('files are always ready, and so is the end of a pipe', async () => {
    const fd = openSync('/dev/null', 'r+');
    const [reader, writer] = pipe();
    expect(await run([fd, reader], [fd, writer], [fd], 1)).toEqual([[fd], [fd, writer], []]);
    writer.close();
    expect(await run([reader], [], [], 1)).toEqual([[reader], [], []]);
    reader.close();
    closeSync(fd);
  });

  test('a time-out is waited for in full, with lists and without', async () => {
    const [a, b] = socketpair();
    expect(await duration(() => run([a], [], [], 0.05))).toBeGreaterThanOrEqual(0.05);
    expect(await duration(() => run([], [], [], 0.05))).toBeGreaterThanOrEqual(0.05);
    expect(await duration(() => run([a], [], [], 0.0004))).toBeGreaterThanOrEqual(0.0004);
    expect(await run([a], [], [], 0)).toEqual([[], [], []]);
    for (const each of [a, b]) each.close();
  });

  test('null, undefined and Infinity wait for ever, so for what is already there', async () => {
    const [a, b] = socketpair();
    for (const timeout of [null, undefined, Infinity]) expect(await run([], [a], [], timeout)).toEqual([[], [a], []]);
    for (const each of [a, b]) each.close();
  });

  test('a descriptor that is not open is EBADF, in whichever list', async () => {
    const [a, b] = socketpair();
    const closed = openSync('/dev/null', 'r');
    closeSync(closed);
    await expect(run([closed], [], [], 1)).rejects.toThrow(badDescriptor);
    await expect(run([a], [closed], [], 1)).rejects.toThrow(badDescriptor);
    await expect(run([], [a], [a, closed], 1)).rejects.toThrow(badDescriptor);
    b.close();
    await expect(run([a, b], [], [], 1)).rejects.toThrow(
      expect.objectContaining({ code: 'ERR_OUT_OF_RANGE', message: expect.stringContaining('r[1].fileno()') }),
    );
    a.close();
  });

  test('descriptors from 3000 on can be selected', async () => {
    const release = occupyBelow(3000);
    const [a, b] = socketpair();
    expect(a.fileno()).toBeGreaterThanOrEqual(3000);
    expect(await run([a, 0], [b], [a], 0.01)).toEqual([[], [b], []]);
    b.send('x');
    expect(await run([a], [], [], 1)).toEqual([[a], [], []]);
    for (const each of [a, b]) each.close();
    release();
  });

  test('more descriptors can be selected than a poll set has room for at first', async () => {
    const pairs = Array.from({ length: 200 }, () => socketpair());
    const [ours, theirs] = [pairs.map(([one]) => one), pairs.map(([, two]) => two)];
    for (const each of theirs.slice(50)) each.send('x');
    expect(await run(ours, ours, [], 1)).toEqual([ours.slice(50), ours, []]);
    for (const each of pairs.flat()) each.close();
  });
});

test('while select() waits, other JavaScript runs and may make it ready', async () => {
  const [a, b] = socketpair();
  const waiting = select([a], [], [], 10);
  let ticks = 0;
  const timer = setInterval(() => {
    if (++ticks === 5) b.send('x');
  }, 2);
  expect(await within(waiting, 5, 'select()')).toEqual([[a], [], []]);
  clearInterval(timer);
  expect(ticks).toBeGreaterThanOrEqual(5);
  for (const each of [a, b]) each.close();
});

test('many select() calls at the same time each get what they wait for', async () => {
  const pairs = Array.from({ length: 20 }, () => socketpair());
  const waits = pairs.map(([one]) => select([one], [], [], 10));
  const nothing = select([pairs[0]?.[1] ?? 0], [], [], 0.05);
  for (const [i, [, two]] of [...pairs.entries()].reverse()) setTimeout(() => two.send('x'), i % 5);
  const results = await within(Promise.all(waits), 5, 'all of them');
  expect(results).toEqual(pairs.map(([one]) => [[one], [], []]));
  expect(await nothing).toEqual([[], [], []]);
  for (const each of pairs.flat()) each.close();
});

test('closing a descriptor that select() waits for ends the wait at once with EBADF', async () => {
  const closing = async () => {
    const [a, b] = socketpair();
    const waiting = select([a], [], [], 10);
    setTimeout(() => a.close(), 5);
    await expect(waiting).rejects.toThrow(badDescriptor);
    b.close();
  };
  // The thread looks around every second anyway.
  expect(await best(0.9, () => duration(closing))).toBeLessThan(0.9);
});

test('an error in a list rejects, and leaves no wait behind', async () => {
  const [a, b] = socketpair();
  const stubborn = {
    fileno(): number {
      throw new Error('no number today');
    },
  };
  await expect(select([a, stubborn], [], [], 10)).rejects.toThrow('no number today');
  expect(() => selectSync([a, stubborn], [], [], 10)).toThrow('no number today');
  for (const each of [a, b]) each.close();
});

test('a wait keeps the process alive, which ends when the wait is over', async () => {
  const { code, stdout, stderr } = await runProgram(`
    const start = performance.now();
    const [reader, writer] = sockets.socketpair();
    await selecting.select([reader], [], [], 0.2);
    const poller = new selecting.Poll();
    poller.register(reader, selecting.POLLIN);
    await poller.poll(0.2);
    console.log(performance.now() - start >= 400);
  `);
  expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: 'true\n', stderr: '' });
});

test('a Socket that was never connected is ready, as the system reports it', async () => {
  const sock = new Socket();
  expect(await select([sock], [sock], [], 1)).toEqual([[sock], [sock], []]);
  sock.close();
});

test.each(WAYS)(
  'a number beyond the table of descriptors is EBADF, where Linux would wait for ever ($name)',
  async ({ run }) => {
    // Linux passes over numbers that its table has no room for; this process never had so many.
    const unused = 15_000;
    const wrong = expect.objectContaining({ code: 'EBADF', syscall: 'select' });
    await expect(run([unused], [], [], 5)).rejects.toEqual(wrong);
    const [sock, peer] = socketpair();
    await expect(run([sock], [unused], [], 5)).rejects.toEqual(wrong);
    sock.close();
    peer.close();
  },
);
