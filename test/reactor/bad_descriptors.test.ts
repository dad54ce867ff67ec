// Descriptors that select(2) has trouble with: there is no FD_SETSIZE here, and one that went bad
// behind our back closes its own channel only.
import { closeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, expect, test } from 'vitest';
import { type ChannelMap, FileDispatcher, loop, pipe } from '../../lib/index.ts';
import { selectSync } from '../../lib/select.ts';
import { MSG_OOB, socketpair } from '../../lib/socket.ts';
import { occupyBelow } from '../support/many.ts';
import { BACKENDS, FAMILIES, passesUntil, WAYS } from '../support/matrix.ts';
import { connectedPair } from '../support/pair.ts';
import { Recorder } from '../support/recorder.ts';
import { duration } from '../support/time.ts';
import { eventually } from '../support/wait.ts';

// While a loop runs, the reactor keeps its own descriptor: it takes no number that becomes free in a test.
const over = new AbortController();
const ends = loop({ map: new Map(), keepAlive: true, ref: false, signal: over.signal }).catch(() => {});
afterAll(async () => {
  over.abort();
  await ends;
});

for (const backend of BACKENDS) {
  test(`a descriptor closed behind our back is noticed in a long wait (${backend})`, async () => {
    const map: ChannelMap = new Map();
    const [bad, other] = socketpair();
    const channel = new Recorder({ sock: bad, map });
    const end = loop({ backend, map, timeout: 30 });
    // By then the thread sleeps.
    await sleep(100);
    closeSync(bad.fileno());
    expect(await duration(() => eventually(() => channel.calls.length > 0))).toBeLessThan(1.5);
    expect(channel.calls).toEqual(['close']);
    await end;
    other.close();
  });
}

for (const way of WAYS) {
  test(`a descriptor closed behind our back closes its own channel only (${way.name})`, async () => {
    const map: ChannelMap = new Map();
    const calls: string[] = [];
    const [good, peer] = socketpair();
    const [bad, other] = socketpair();
    const channels = [
      new Recorder({ sock: bad, map, calls, name: 'bad ', write: true }),
      new Recorder({ sock: good, map, calls, name: 'good ' }),
    ];
    peer.send('x');
    closeSync(bad.fileno());
    await way.passes(2, 1, map);
    expect(calls.toSorted()).toEqual(expect.arrayContaining(['bad close', 'good read']));
    expect(calls.filter((call) => call.startsWith('bad'))).toEqual(['bad close']);
    expect([...map.values()]).toEqual([channels[1]]);
    for (const one of [...channels, peer, other]) one.close();
  });

  test(`a descriptor closed behind our back after it was waited for closes its channel, too (${way.name})`, async () => {
    const map: ChannelMap = new Map();
    const [bad, other] = socketpair();
    const channel = new Recorder({ sock: bad, map });
    await way.passes(1, 0.01, map);
    closeSync(bad.fileno());
    await passesUntil(way, () => map.size === 0, map, 20);
    expect(channel.calls).toEqual(['close']);
    other.close();
  });

  for (const family of FAMILIES) {
    test(`descriptors from 3000 on are served (${family.name}, ${way.name})`, async () => {
      const map: ChannelMap = new Map();
      occupyBelow(3000);
      const [sock, peer] = connectedPair(family);
      const [file, writer] = pipe();
      expect(Math.min(sock.fileno(), file.fileno())).toBeGreaterThanOrEqual(3000);
      const calls: string[] = [];
      const received: string[] = [];
      const channel = new Recorder({
        sock,
        map,
        calls,
        write: true,
        on: { read: (self) => received.push(`${self.recv(10)}`) },
      });
      class Reader extends FileDispatcher {
        override writable() {
          return false;
        }
        override handleRead() {
          received.push(`file ${this.recv(10)}`);
        }
      }
      const reader = new Reader(file, map);
      peer.send('x');
      writer.write('y');
      await way.passes(1, 1, map);
      expect(received.toSorted()).toEqual(['file y', 'x']);
      expect(calls).toEqual(['read', 'write']);
      if (family.name !== 'unix') {
        peer.send('!', MSG_OOB);
        channel.write = false;
        await passesUntil(way, () => calls.includes('expt'), map);
      }
      for (const one of [channel, reader, peer, file, writer]) one.close();
    });
  }
}

test('a thread that waits on descriptors from 3000 on is woken by them', async () => {
  occupyBelow(3000);
  const [sock, peer] = socketpair();
  const map: ChannelMap = new Map();
  const channel = new Recorder({ sock, map, on: { read: (self) => self.close() } });
  setTimeout(() => peer.send('x'), 20);
  for (const way of WAYS.filter(({ name }) => name === 'select async')) await way.passes(1, 10, map);
  expect(channel.calls).toEqual(['read']);
  peer.close();
});

test('a number that no descriptor has needs no memory for its bit', () => {
  const before = process.memoryUsage.rss();
  expect(() => selectSync([2 ** 31 - 1], [], [], 0)).toThrow(expect.objectContaining({ code: 'EBADF' }));
  expect(process.memoryUsage.rss() - before).toBeLessThan(100e6);
});
