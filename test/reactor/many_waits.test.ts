// Many waits at a time, which one thread serves: with both backends, begun and ended at random,
// while what they wait on is written to, read and closed. Every result is compared with what is so.
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { pipe } from '../../lib/index.ts';
import { POLLIN, POLLNVAL, Poll, select, selectSync } from '../../lib/select.ts';
import { type Socket, socketpair } from '../../lib/socket.ts';
import { Random } from '../support/random.ts';
import { best, duration, within } from '../support/time.ts';

test('waits with different backends and overlapping deadlines end each in its own time', async () => {
  const [[a, b], [c, d]] = [socketpair(), socketpair()];
  const poller = new Poll();
  poller.register(c, POLLIN);
  /** How late it ends (seconds). */
  const late = async (seconds: number, wait: () => Promise<unknown>) => {
    const took = await duration(wait);
    expect(took).toBeGreaterThanOrEqual(seconds);
    return took - seconds;
  };
  const latest = async () =>
    Math.max(
      ...(await Promise.all([
        late(0.3, () => select([a], [], [], 0.3)),
        late(0.2, () => poller.poll(0.2)),
        late(0.1, () => select([a, c], [], [], 0.1)),
      ])),
    );
  expect(await best(0.1, latest)).toBeLessThan(0.1);
  const both = Promise.all([select([a], [], [], 5), poller.poll(5)]);
  await sleep(20);
  for (const each of [b, d]) each.send('x');
  expect(await both).toEqual([[[a], [], []], [[c.fileno(), POLLIN]]]);
  for (const each of [a, b, c, d]) each.close();
});

test('what poll() would tell and select() does not ask for keeps nobody awake', async () => {
  const [[reader, writer], [idle, peer]] = [pipe(), socketpair()];
  writer.close();
  const poller = new Poll();
  poller.register(idle, POLLIN);
  const before = process.cpuUsage();
  // The reading end of a pipe is never writable, and hung up.
  const [lists] = await Promise.all([select([], [reader], [reader], 1), poller.poll(1)]);
  expect(lists).toEqual(selectSync([], [reader], [reader], 0));
  expect(lists).toEqual([[], [], []]);
  const { user, system } = process.cpuUsage(before);
  expect((user + system) / 1e6).toBeLessThan(0.3);
  for (const each of [reader, idle, peer]) each.close();
});

/** Sockets that come and go, and how many bytes wait in each. */
class Sockets {
  readonly all = new Map<Socket, { peer: Socket; bytes: number }>();

  constructor(count: number) {
    for (let i = 0; i < count; i++) this.add();
  }

  add(): void {
    const [sock, peer] = socketpair();
    this.all.set(sock, { peer, bytes: 0 });
  }

  close(sock: Socket): void {
    this.all.get(sock)?.peer.close();
    this.all.delete(sock);
    sock.close();
  }

  isReadable(sock: Socket): boolean {
    return (this.all.get(sock)?.bytes ?? 0) > 0;
  }
}

interface Waiting {
  readonly what: string;
  readonly socks: readonly Socket[];
  readonly deadline: number;
}

/** Seconds: later than this is too late, on a busy machine. */
const LATE = 1.5;

test('thousands of waits, begun and ended at random, say what is so', { timeout: 30_000 }, async () => {
  const random = new Random(Number(process.env['ASYNCORE_SEED'] ?? 1));
  const sockets = new Sockets(12);
  const waiting = new Map<Waiting, number>();
  const faults: string[] = [];
  const counts = { events: 0, timeouts: 0, closed: 0 };
  const now = () => performance.now() / 1000;
  const waits: Promise<void>[] = [];

  const begin = (isSelect: boolean) => {
    const socks = [...sockets.all.keys()].filter(() => random.below(3) === 0);
    const timeout = random.below(4) === 0 ? 5 : random.below(60) / 1000;
    const numbers = socks.map((sock) => sock.fileno());
    const wait: Waiting = { what: isSelect ? 'select()' : 'poll()', socks, deadline: now() + timeout };
    waiting.set(wait, Infinity);
    const fault = (text: string) => faults.push(`${wait.what} of ${numbers}: ${text}`);
    const end = (ready: number[], isBad: boolean) => {
      waiting.delete(wait);
      const isClosed = socks.some((sock) => !sockets.all.has(sock));
      const expected = socks.flatMap((sock, i) => (sockets.isReadable(sock) ? (numbers[i] ?? -1) : []));
      if (isBad !== isClosed) fault(`closed: ${isClosed}, told: ${isBad}`);
      if (!isBad && String(ready) !== String(expected)) fault(`ready: ${expected}, told: ${ready}`);
      if (!isBad && ready.length === 0 && now() < wait.deadline) fault('too early');
      counts[isBad ? 'closed' : ready.length > 0 ? 'events' : 'timeouts']++;
    };
    const run = async () => {
      if (isSelect) {
        await select(socks, [], [], timeout).then(
          ([ready]) =>
            end(
              ready.map((sock) => numbers[socks.indexOf(sock)] ?? -1),
              false,
            ),
          (error: unknown) => {
            if (!(error instanceof Error && 'code' in error && error.code === 'EBADF')) fault(String(error));
            end([], true);
          },
        );
      } else {
        const poller = new Poll();
        for (const sock of socks) poller.register(sock, POLLIN);
        const result = await poller.poll(timeout);
        const isBad = result.some(([, events]) => events & POLLNVAL);
        end(isBad ? [] : result.map(([fd]) => fd), isBad);
      }
    };
    waits.push(run());
  };

  const pick = () => [...sockets.all.keys()][random.below(sockets.all.size)];
  const steps: (() => void)[] = [
    () => begin(true),
    () => begin(false),
    () => {
      const sock = pick();
      const state = sock && sockets.all.get(sock);
      state?.peer.send('x');
      if (state) state.bytes++;
    },
    () => {
      const sock = pick();
      const state = sock && sockets.all.get(sock);
      if (!state || state.bytes === 0) return;
      sock.recv(100);
      state.bytes = 0;
    },
    () => {
      const sock = pick();
      if (!sock || random.below(6) > 0) return;
      sockets.close(sock);
      // Its number is taken at once.
      sockets.add();
    },
  ];

  const began = now();
  while (now() - began < 5 && faults.length === 0) {
    for (let i = random.below(6); i >= 0; i--) steps[random.below(steps.length)]?.();
    // No wait that has something to tell is forgotten.
    for (const [wait, since] of waiting) {
      const isOver = wait.socks.some((sock) => !sockets.all.has(sock) || sockets.isReadable(sock));
      const from = isOver || now() > wait.deadline ? Math.min(since, now()) : Infinity;
      waiting.set(wait, from);
      if (now() - from > LATE) faults.push(`${wait.what} is late`);
    }
    if (waiting.size > 60 || random.below(3) === 0) await sleep(random.below(4));
    else await new Promise((resolve) => setImmediate(resolve));
  }
  expect(faults).toEqual([]);
  for (const sock of [...sockets.all.keys()]) sockets.close(sock);
  // Those that wait for nothing but their time, too.
  await within(Promise.all(waits), 5 + LATE, 'the last waits');
  expect(faults).toEqual([]);
  for (const count of Object.values(counts)) expect(count).toBeGreaterThan(50);
});
