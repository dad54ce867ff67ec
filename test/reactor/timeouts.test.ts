// How long a pass waits (docs/behaviour.md, sections A3 to A5): unlike in CPython, time-outs round
// up, a negative one is refused, and one that never ends waits for a change when there is nothing
// to watch.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { type ChannelMap, loop, loopSync, poll, poll2, poll2Sync, pollSync } from '../../lib/index.ts';
import { select, selectSync } from '../../lib/select.ts';
import { socketpair } from '../../lib/socket.ts';
import { BACKENDS, WAYS } from '../support/matrix.ts';
import { Recorder } from '../support/recorder.ts';
import { best, duration, within } from '../support/time.ts';

const PASSES = [
  ['poll', poll],
  ['poll2', poll2],
  ['pollSync', pollSync],
  ['poll2Sync', poll2Sync],
] as const;

function idle(): { map: ChannelMap; channel: Recorder; close(): void } {
  const map: ChannelMap = new Map();
  const [sock, peer] = socketpair();
  const channel = new Recorder({ sock, map });
  const close = () => {
    channel.close();
    peer.close();
  };
  return { map, channel, close };
}

for (const [name, pass] of PASSES) {
  test(`an empty map makes ${name}() return at once`, async () => {
    expect(await duration(() => pass(5, new Map()))).toBeLessThan(1);
    expect(await duration(() => pass(null, new Map()))).toBeLessThan(1);
  });

  test(`by default a pass looks once, and reports unread input again (${name})`, async () => {
    const [sock, peer] = socketpair();
    const channel = new Recorder({ sock });
    expect(await duration(() => pass())).toBeLessThan(1);
    peer.send('xy');
    for (let i = 0; i < 3; i++) await pass();
    expect(channel.calls).toEqual(['read', 'read', 'read']);
    channel.close();
    peer.close();
  });

  test(`an invalid time-out is refused by ${name}()`, async () => {
    const { map, close } = idle();
    const refused = async (timeout: number) => pass(timeout, map);
    for (const timeout of [-1, -0.001, Number.NaN, -Infinity]) {
      await expect(refused(timeout)).rejects.toThrow(expect.objectContaining({ code: 'ERR_OUT_OF_RANGE' }));
    }
    await expect(refused(-1)).rejects.toThrow(RangeError);
    close();
  });
}

for (const way of WAYS) {
  test(`without a time-out, a pass waits until something happens (${way.name})`, async () => {
    for (const timeout of [null, Infinity]) {
      const { map, channel, close } = idle();
      const [sock, other] = socketpair();
      const waiting = new Recorder({ sock, map });
      // The other process has the peer's end; its end is the event.
      const child = spawn('sleep', ['0.1'], { stdio: ['ignore', 'ignore', 'ignore', other.fileno()] });
      const exited = once(child, 'exit');
      other.close();
      await within(way.passes(1, timeout, map), 5, 'the end of the pass');
      expect(waiting.calls.length).toBe(1);
      expect(channel.calls).toEqual([]);
      waiting.close();
      close();
      await exited;
    }
  });

  test(`with nothing to watch, a pass lasts its time-out (${way.name})`, async () => {
    const map: ChannelMap = new Map();
    const [sock, peer] = socketpair();
    const channel = new Recorder({ sock, map, read: false });
    peer.send('x');
    expect(await duration(() => way.passes(1, 0.1, map))).toBeGreaterThanOrEqual(0.1);
    expect(channel.calls).toEqual([]);
    channel.close();
    peer.close();
  });

  test(`time-outs round up, also far below 1 ms (${way.name})`, async () => {
    const { map, close } = idle();
    for (const [count, timeout] of [
      [50, 0.0009],
      [100, 0.0001],
      [3, 0.0105],
    ] as const) {
      const seconds = await duration(() => way.passes(count, timeout, map));
      expect(seconds).toBeGreaterThanOrEqual(count * timeout);
      expect(seconds).toBeLessThan(count * timeout + 2);
    }
    close();
  });

  if (way.name.endsWith(' sync')) {
    test(`a time-out below 1 ms is slept, not spun (${way.name})`, async () => {
      const { map, close } = idle();
      const busy = async () => {
        const before = process.cpuUsage();
        await way.passes(200, 0.0009, map);
        const { user, system } = process.cpuUsage(before);
        return (user + system) / 1e6;
      };
      // Spun, it would be all of the 0.18 s.
      expect(await best(0.06, busy)).toBeLessThan(0.06);
      close();
    });
  }

  test(`signals do not end a wait or change its time-out (${way.name})`, async () => {
    const { map, channel, close } = idle();
    let signals = 0;
    const count = () => signals++;
    process.on('SIGUSR2', count);
    const kill = `for i in 1 2 3 4 5 6 7 8 9 10 11 12; do kill -USR2 ${process.pid}; sleep 0.01; done`;
    const child = spawn('sh', ['-c', kill], { stdio: 'ignore' });
    const exited = once(child, 'exit');
    const seconds = await duration(() => way.passes(1, 0.25, map));
    await exited;
    process.off('SIGUSR2', count);
    expect(seconds).toBeGreaterThanOrEqual(0.25);
    expect(seconds).toBeLessThan(2);
    expect(signals).toBeGreaterThan(0);
    expect(channel.calls).toEqual([]);
    close();
  });
}

for (const backend of BACKENDS) {
  test(`without a time-out and with nothing to watch, a pass waits for a change (${backend})`, async () => {
    const map: ChannelMap = new Map();
    const [sock, peer] = socketpair();
    const channel = new Recorder({ sock, map, read: false, on: { read: (self) => self.close() } });
    peer.send('x');
    const end = loop({ backend, timeout: null, map });
    setTimeout(() => {
      channel.read = true;
    }, 20);
    await within(end, 5, 'the change to be noticed');
    expect(channel.calls).toEqual(['read']);
    peer.close();
  });

  test(`a blocking pass that would wait for ever with nothing to watch is refused (${backend})`, () => {
    const map: ChannelMap = new Map();
    const [sock, peer] = socketpair();
    const channel = new Recorder({ sock, map, read: false });
    const refused = expect.objectContaining({ code: 'ERR_NOTHING_TO_WAIT_FOR' });
    expect(() => loopSync({ backend, timeout: null, map })).toThrow(refused);
    channel.close();
    peer.close();
  });
}

test('select() returns the very items of its lists, as often as they occur there', async () => {
  const [sock, peer] = socketpair();
  peer.send('x');
  const fd = sock.fileno();
  expect(selectSync([sock, fd, sock], [peer], [sock], 1)).toEqual([[sock, fd, sock], [peer], []]);
  const [[first]] = await select([sock], [], [], 1);
  expect(first).toBe(sock);
  sock.close();
  peer.close();
});
