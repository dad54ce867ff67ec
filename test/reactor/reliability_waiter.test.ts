// The thread that waits, and what the JavaScript thread keeps: docs/reliability.md, sections G and H.
// No wake-up is lost, none is kept, no signal is taken, and nothing is held or forgotten.
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import {
  type Channel,
  type ChannelMap,
  closeAll,
  Dispatcher,
  DispatcherWithSend,
  loop,
  poll2Sync,
  pollSync,
} from '../../lib/index.ts';
import { type Socket, socketpair } from '../../lib/socket.ts';
import { native } from '../../lib/system/native.ts';
import { thrownBy } from '../support/failure.ts';
import { collectGarbage } from '../support/garbage.ts';
import { BACKENDS } from '../support/matrix.ts';
import { Recorder } from '../support/recorder.ts';
import { duration, within } from '../support/time.ts';
import { eventually } from '../support/wait.ts';

/** Sends back what it reads. */
class Echo extends DispatcherWithSend {
  turns = 0;
  override handleRead() {
    this.turns++;
    this.send(this.recv(64));
  }
}

for (const backend of BACKENDS) {
  test(`in thousands of sleeps no wake-up is lost, and none is left over (${backend})`, async () => {
    const map: ChannelMap = new Map();
    const [sock, peer] = socketpair();
    const channel = new Recorder({ sock, map, on: { read: (self) => self.recv(10) } });
    const end = loop({ backend, map, timeout: 30, spin: false });
    const deadline = performance.now() + 1500;
    let rounds = 0;
    for (; rounds < 3000 && performance.now() < deadline; rounds++) {
      const before = channel.calls.length;
      // Now the loop is between its turns, now its thread is about to wait, now it waits.
      if (rounds % 3 === 0) await new Promise((resolve) => setImmediate(resolve));
      if (rounds % 50 === 0) await sleep(1);
      if (rounds % 7 === 0) {
        // A change of interest in between: the thread is to begin anew.
        channel.read = false;
        peer.send('x');
        await new Promise((resolve) => setImmediate(resolve));
        channel.read = true;
      } else {
        peer.send('x');
      }
      await eventually(() => channel.calls.length > before, `lost in round ${rounds}`, 2);
    }
    expect(rounds).toBeGreaterThan(100);
    // Afterwards it sleeps: no wake-up that was not taken keeps it going.
    const { user, system } = process.cpuUsage();
    await sleep(100);
    const used = process.cpuUsage({ user, system });
    expect((used.user + used.system) / 1e6).toBeLessThan(0.05);
    channel.close();
    await within(end, 2, 'the end');
    peer.close();
  });

  test(`collecting garbage in every handler does no harm (${backend})`, async () => {
    const map: ChannelMap = new Map();
    const peers: Socket[] = [];
    // Nobody holds the channels but the map.
    (() => {
      for (let i = 0; i < 10; i++) {
        const [sock, peer] = socketpair();
        class Collecting extends Echo {
          override handleRead() {
            // Views of what was dropped, too.
            this.recvInto(new Uint8Array(new ArrayBuffer(16), 8, 4));
            collectGarbage();
            super.handleRead();
          }
        }
        new Collecting(sock, map);
        peers.push(peer);
      }
    })();
    const end = loop({ backend, map, timeout: 5 });
    collectGarbage();
    for (let round = 0; round < 5; round++) {
      for (const peer of peers) peer.send('testball');
      for (const peer of peers) await eventually(() => thrownBy(() => peer.recv(4, 2)) === undefined);
      for (const peer of peers) expect(peer.recv(10).toString()).toBe('ball');
    }
    closeAll(map);
    await end;
    for (const peer of peers) peer.close();
  });
}

test('the waiting thread takes no signals', async () => {
  const map: ChannelMap = new Map();
  const [sock, peer] = socketpair();
  new Echo(sock, map);
  const end = loop({ map, timeout: 30 });
  // All but SIGKILL and SIGSTOP, which cannot be blocked, and the two that the C library keeps.
  const all = ~(1n << 8n) & ~(1n << 18n) & ~(3n << 31n) & 0xffffffffffffffffn;
  const blocksAll = (task: string) => {
    const status = readFileSync(`/proc/self/task/${task}/status`, 'utf8');
    const mask = BigInt(`0x${/^SigBlk:\s+(\w+)$/m.exec(status)?.[1]}`);
    return (mask & all) === all;
  };
  await eventually(() => readdirSync('/proc/self/task').some(blocksAll), 'every thread takes signals');
  closeAll(map);
  await end;
  peer.close();
});

test('passes leave nothing on the heap', async () => {
  const map: ChannelMap = new Map();
  const [a, b] = socketpair();
  const echoes = [new Echo(a, map), new Echo(b, map)];
  echoes[0]?.send('ball');
  const passes = (count: number) => {
    for (let i = 0; i < count; i++) {
      pollSync(0, map);
      poll2Sync(0, map);
    }
  };
  const used = () => {
    collectGarbage();
    const { heapUsed, arrayBuffers, external } = process.memoryUsage();
    return heapUsed + arrayBuffers + external;
  };
  passes(2000);
  const before = used();
  passes(20_000);
  expect(used() - before).toBeLessThan(1 << 20);
  expect(echoes[0]?.turns).toBeGreaterThan(1000);
  closeAll(map);
});

test('short messages that are kept do not keep the large pieces they came in', async () => {
  const [sock, peer] = socketpair();
  const kept: Buffer[] = [];
  const used = () => {
    collectGarbage();
    return process.memoryUsage().arrayBuffers;
  };
  const before = used();
  const bulk = Buffer.alloc(60_000);
  for (let i = 0; i < 2000; i++) {
    peer.send('a line of some forty bytes, to be kept..');
    kept.push(sock.recv(65536));
    peer.send(bulk);
    for (let got = 0; got < bulk.length; ) got += sock.recv(65536).length;
  }
  expect(kept).toHaveLength(2000);
  // 80 KB of lines in pieces of Node's own pool, where 120 MB came in. V8 frees in the background.
  await eventually(() => used() - before < 2 << 20, 'what was received is kept');
  sock.close();
  peer.close();
});

test('recv() returns what came, and never a byte more', () => {
  const [sock, peer] = socketpair();
  for (const size of [1, 10, 1023, 1024, 60_000]) {
    peer.send(Buffer.alloc(size, 'x'));
    const data = sock.recv(100_000);
    expect(data.equals(Buffer.alloc(size, 'x'))).toBe(true);
    expect(data).toHaveLength(size);
  }
  const view = new Uint8Array(20).fill(7);
  peer.send('abc');
  expect(sock.recvInto(view.subarray(5, 15))).toBe(3);
  expect([...view]).toEqual([7, 7, 7, 7, 7, 97, 98, 99, ...Array(12).fill(7)]);
  sock.close();
  peer.close();
});

test('the addon itself refuses arguments that no caller of it would pass', () => {
  const handle = native.pipe();
  if (typeof handle === 'number') throw new Error('no pipe');
  const bytes = new Uint8Array(8);
  const read = (...[size, place, least]: [number, number, number]) =>
    native.read(handle[0], bytes.buffer, bytes.buffer, Int32Array.of(0, size, place, least).buffer);
  for (const size of [-1, 9, 2 ** 31 - 1]) expect(() => read(size, 0, 0), `${size}`).toThrow(RangeError);
  for (const [place, least] of [
    [-1, 4],
    [0, -1],
    [0, 9],
    [8, 1],
    [9, 0],
    [4, 2 ** 31 - 1],
    [2 ** 31 - 1, 2 ** 31 - 1],
  ] as const) {
    expect(() => read(0, place, least), `${place} ${least}`).toThrow(RangeError);
  }
  for (const [name, call] of Object.entries(native)) {
    if (typeof call !== 'function') continue;
    // These make something of any numbers, or are the loop's.
    if (
      /[tT]urn|stayAwake|keepAlive|^(pipe|newPollSet|duplicateFile|duplicateSocket|adoptSocket|socket|socketpair|openpty|eventfd|timerfd|inotify|pidfdOpen|signalfd)$/.test(
        name,
      )
    )
      continue;
    for (const args of [[], [{}, {}, {}, {}, {}], [Number.NaN, 'x', null], ['x', 1n, Symbol('x')]]) {
      const error = thrownBy(() => Reflect.apply(call, undefined, args));
      if (error !== undefined) expect(error, name).toBeInstanceOf(Error);
    }
    // A handle that nobody was given finds nothing.
    for (const forged of [0, 1, -1, 2 ** 53, handle[0] + 2 ** 24]) {
      const result: unknown = thrownBy(() => Reflect.apply(call, undefined, [forged, 0, 0, bytes]));
      if (result !== undefined) expect(result, name).toBeInstanceOf(Error);
    }
  }
  expect(native.fileno(handle[0])).toBeGreaterThan(2);
  for (const each of handle) expect(native.close(each)).toBe(0);
});

test('a pass waits once, however long its time-out', async () => {
  const map: ChannelMap = new Map();
  const [sock, peer] = socketpair();
  let asked = 0;
  class Counting extends Dispatcher {
    override readable() {
      asked++;
      return true;
    }
    override writable() {
      return false;
    }
  }
  const channel: Channel = new Counting(sock, map);
  for (const backend of BACKENDS) {
    asked = 0;
    expect(await duration(() => loop({ backend, map, count: 1, timeout: 0.0503 }))).toBeGreaterThanOrEqual(0.0503);
    // Once to begin, once when the wait is over, and whenever the process was awake for others.
    expect(asked).toBeLessThan(20);
  }
  channel.close();
  peer.close();
});
