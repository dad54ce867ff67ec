// Descriptors by number: reused while a thread waits, closed twice, guessed, inherited. docs/reliability.md,
// section A: whatever happens to a number, nobody is served, closed or kept alive by mistake.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, fstatSync, openSync, readFileSync, readlinkSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type ChannelMap, Dispatcher, FileDispatcher, FileWrapper, loop, pipe } from '../../lib/index.ts';
import { AF_INET, Socket, socketpair } from '../../lib/socket.ts';
import { isCloseOnExec } from '../support/flags.ts';
import { BACKENDS, FAMILIES, passesUntil, WAYS } from '../support/matrix.ts';
import { connectedPair, listening } from '../support/pair.ts';
import { Recorder } from '../support/recorder.ts';
import { within } from '../support/time.ts';
import { eventually } from '../support/wait.ts';

const reads = { read: (self: Recorder) => self.recv(10) };

for (const way of WAYS) {
  test(`the highest descriptor is served, also after a higher one has gone (${way.name})`, async () => {
    const map: ChannelMap = new Map();
    const calls: string[] = [];
    const pairs = Array.from({ length: 4 }, () => socketpair());
    const channels = pairs.map(([sock], i) => new Recorder({ sock, map, calls, name: `${i}`, on: reads }));
    await way.passes(1, 0, map);
    channels[3]?.close();
    pairs[2]?.[1].send('x');
    await passesUntil(way, () => calls.length === 1, map);
    const [sock, peer] = socketpair();
    const higher = new Recorder({ sock, map, calls, name: 'higher ', on: reads });
    peer.send('x');
    await passesUntil(way, () => calls.length === 2, map);
    expect(calls).toEqual(['2read', 'higher read']);
    for (const each of [...channels, higher, peer, ...pairs.map(([, other]) => other)]) each.close();
  });
}

for (const backend of BACKENDS) {
  test(`a number that is reused while a thread waits on it is served for its new owner only (${backend})`, async () => {
    const map: ChannelMap = new Map();
    const [sock, peer] = socketpair();
    const first = new Recorder({ sock, map, name: 'first ', on: reads });
    const number = first.fileno();
    const stop = new AbortController();
    const end = loop({ backend, map, timeout: 30, signal: stop.signal });
    await sleep(20);
    // Here the thread is in its wait.
    peer.send('for the first');
    first.close();
    const [reused, other] = socketpair();
    expect(reused.fileno()).toBe(number);
    const second = new Recorder({ sock: reused, map, name: 'second ', on: reads });
    // The peer of the old one sees the end at once, not when the wait is over.
    await eventually(() => isAtEnd(peer), 'the end was not seen', 1);
    await sleep(20);
    expect(second.calls).toEqual([]);
    other.send('x');
    await eventually(() => second.calls.length > 0, 'the new one was not served', 1);
    expect([first.calls, second.calls]).toEqual([[], ['second read']]);
    stop.abort();
    await end.catch(() => {});
    for (const each of [second, peer, other]) each.close();
  });
}

function isAtEnd(sock: Socket): boolean {
  try {
    return sock.recv(1).length === 0;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ECONNRESET';
  }
}

test('a second close() closes nothing else', () => {
  const [reader, writer] = pipe();
  const [one, two] = socketpair();
  const channel = new Dispatcher(two, new Map());
  for (const each of [reader, writer, one, channel]) each.close();
  const files = Array.from({ length: 8 }, () => openSync('/dev/null', 'r'));
  for (const each of [reader, writer, one, two, channel]) each.close();
  for (const fd of files) expect(readlinkSync(`/proc/self/fd/${fd}`)).toBe('/dev/null');
  for (const fd of files) closeSync(fd);
});

test('no call that takes a number touches other descriptors of the process, whatever the number', async () => {
  const isSocket = (fd: number) => {
    try {
      return fstatSync(fd).isSocket();
    } catch {
      return false;
    }
  };
  const numbers = fc.oneof(fc.integer({ min: -4, max: 40 }), fc.integer(), fc.double());
  const before = readFileSync('/proc/self/limits');
  fc.assert(
    fc.property(numbers, (fd) => {
      const map: ChannelMap = new Map();
      for (const make of [
        () => new FileWrapper(fd).close(),
        () => new FileDispatcher(fd, map).close(),
        // A socket would be taken over, which is what was asked for.
        () => (isSocket(fd) ? undefined : Socket.fromFd(fd).close()),
      ]) {
        try {
          make();
        } catch (error) {
          if (!(error instanceof Error && 'code' in error)) throw error;
        }
      }
    }),
  );
  // Timers, the thread pool and child processes go on: Node's own descriptors are whole.
  await sleep(1);
  expect(await readFile('/proc/self/limits')).toEqual(before);
  await within(once(spawn('true', { stdio: 'ignore' }), 'exit'), 5, 'a child process');
});

test('a program that is started inherits none of our descriptors', async () => {
  const map: ChannelMap = new Map();
  const pairs = FAMILIES.map((family) => connectedPair(family));
  const listener = listening({ family: AF_INET, address: () => ['127.0.0.1', 0] });
  const ends = [...pipe(), ...socketpair(), new Socket(AF_INET), listener];
  const [reader, writer] = pipe();
  const file = new FileDispatcher(reader, map);
  const adopted = Socket.fromFd(new Socket().detach());
  await loop({ map, count: 1, timeout: 0.001 });
  const all = [...pairs.flat(), ...ends, reader, writer, file, adopted];
  for (const one of all) expect(isCloseOnExec(one.fileno())).toBe(true);
  const links = 'for fd in /proc/self/fd/*; do readlink $fd; done';
  const { stdout } = spawnSync('sh', ['-c', links], { stdio: ['ignore', 'pipe', 'inherit'], encoding: 'utf8' });
  expect(stdout).toContain('/dev/null');
  for (const one of all) expect(stdout).not.toContain(readlinkSync(`/proc/self/fd/${one.fileno()}`));
  // Nor those of the reactor itself.
  expect(stdout).not.toMatch(/eventfd|eventpoll/);
  for (const one of all) one.close();
});

test('a child that was started meanwhile does not keep a port in use', async () => {
  const listener = listening({ family: AF_INET, address: () => ['127.0.0.1', 0] });
  const address = listener.getsockname();
  const child = spawn('sleep', ['30'], { stdio: 'ignore' });
  await once(child, 'spawn');
  listener.close();
  const again = new Socket();
  again.bind(address);
  again.listen(1);
  again.close();
  child.kill();
  await once(child, 'exit');
});
