// Somebody else closes a descriptor of the library's, and its number goes to another one: what had it
// before does not touch its next owner.
import { closeSync, fstatSync } from 'node:fs';
import { expect, onTestFinished, test } from 'vitest';
import { type ChannelMap, FileWrapper, pipe } from '../../lib/index.ts';
import { EventFd, Inotify, PidFd, SignalFd, TimerFd } from '../../lib/linux.ts';
import { recvFds, Socket, sendFds, socketpair } from '../../lib/socket.ts';
import { openpty } from '../../lib/tty.ts';
import { thrownBy } from '../support/failure.ts';
import { blockedSignals } from '../support/linux.ts';
import { WAYS } from '../support/matrix.ts';
import { Recorder } from '../support/recorder.ts';

const badDescriptor = expect.objectContaining({ name: 'SystemError', code: 'EBADF' });

interface Owner {
  fileno(): number;
  close(): void;
}

/** A socket that carries messages to itself, and that no test closes. */
const [messages, sender] = socketpair();

/** Whatever the library opens. */
const OPENED: [name: string, open: () => Owner[]][] = [
  ['a socket', () => [new Socket()]],
  ['a pair of sockets', () => socketpair()],
  ['a duplicate', () => [new FileWrapper(messages.fileno())]],
  ['a pipe', () => pipe()],
  ['a file', () => [FileWrapper.open('/dev/null')]],
  ['a pair of terminals', () => openpty()],
  ['an eventfd', () => [new EventFd()]],
  ['a timerfd', () => [new TimerFd()]],
  ['an inotify', () => [new Inotify()]],
  ['a pidfd', () => [new PidFd(process.pid)]],
  ['a signalfd', () => [new SignalFd(['SIGUSR2'])]],
  [
    'a received socket',
    () => {
      sendFds(sender, ['x'], [sender]);
      return recvFds(messages, 1, 1)[1];
    },
  ],
];

/** The number of a descriptor that is closed behind the back of its owner, and the next one of that number. */
function lose(lost: Owner, open: () => Owner[]): Owner {
  closeSync(lost.fileno());
  const opened = open();
  onTestFinished(() => {
    for (const each of opened) each.close();
  });
  const next = opened.find((each) => each.fileno() === lost.fileno());
  if (next === undefined) throw new Error('another number');
  return next;
}

test.each(OPENED)('%s: is not closed by what had its number before, whatever that was', (_name, open) => {
  for (const [, openLost] of OPENED) {
    const [lost, ...others] = openLost();
    if (lost === undefined) throw new Error('nothing opened');
    for (const other of others) onTestFinished(() => other.close());
    const next = lose(lost, open);
    const file = fstatSync(next.fileno());
    expect(thrownBy(() => lost.close())).toEqual(badDescriptor);
    lost.close();
    expect(fstatSync(next.fileno())).toEqual(file);
  }
});

test('a signalfd that has lost its number holds its signals until it is closed, and no longer', () => {
  const bit = 1n << 11n; // SIGUSR2
  const isHeld = () => blockedSignals().every((mask) => (mask & bit) !== 0n);
  const lost = new SignalFd(['SIGUSR2']);
  lose(lost, () => [new EventFd()]);
  expect(isHeld()).toBe(true);
  expect(thrownBy(() => lost.close())).toEqual(badDescriptor);
  expect(isHeld()).toBe(false);
});

test('a socket that arrived in a message has an owner, so that no other takes it over', () => {
  sendFds(sender, ['x'], [sender]);
  const [received] = recvFds(messages, 1, 1)[1];
  if (received === undefined) throw new Error('nothing received');
  expect(thrownBy(() => Socket.fromFd(received.fileno()))).toEqual(expect.objectContaining({ code: 'EBUSY' }));
  received.close();
});

test('a socket whose number is that of another neither reads, writes, detaches nor closes it', () => {
  const [lost, peer] = socketpair();
  closeSync(lost.fileno());
  peer.close();
  const [next, nextPeer] = socketpair();
  expect([next.fileno(), nextPeer.fileno()]).toContain(lost.fileno());
  for (const call of [() => lost.recv(1), () => lost.send('x'), () => lost.detach(), () => lost.close()]) {
    expect(thrownBy(call)).toEqual(badDescriptor);
  }
  lost.close();
  for (const [one, other] of [
    [next, nextPeer],
    [nextPeer, next],
  ] as const) {
    one.send('abc');
    expect(`${other.recv(10)}`).toBe('abc');
  }
  for (const each of [next, nextPeer]) each.close();
});

test('a file whose number is that of another leaves it alone', () => {
  const [reader, writer] = pipe();
  const lost = new FileWrapper(reader.fileno());
  closeSync(lost.fileno());
  const next = new FileWrapper(reader.fileno());
  expect(next.fileno()).toBe(lost.fileno());
  expect(thrownBy(() => lost.recv(1))).toEqual(badDescriptor);
  expect(thrownBy(() => lost.close())).toEqual(badDescriptor);
  writer.send('abc');
  expect(`${next.recv(10)}`).toBe('abc');
  for (const each of [reader, writer, next]) each.close();
});

test('a socket that another took over after its first owner has gone is closed by that one alone', () => {
  const [sock, peer] = socketpair();
  expect(thrownBy(() => Socket.fromFd(sock.fileno()))).toEqual(expect.objectContaining({ code: 'EBUSY' }));
  const taken = Socket.fromFd(sock.detach());
  sock.close();
  peer.send('x');
  expect(`${taken.recv(1)}`).toBe('x');
  for (const each of [taken, peer]) each.close();
});

for (const way of WAYS) {
  test(`a channel whose number is that of another leaves it in its map (${way.name})`, async () => {
    const map: ChannelMap = new Map();
    const [sock, peer] = socketpair();
    const lost = new Recorder({ sock, map });
    closeSync(sock.fileno());
    peer.close();
    const pair = socketpair();
    const at = pair.findIndex((each) => each.fileno() === sock.fileno());
    const [next, nextPeer] = at === 0 ? pair : pair.toReversed();
    if (next === undefined || nextPeer === undefined) throw new Error('no number');
    const channel = new Recorder({ sock: next, map, on: { read: (self) => self.recv(10) } });
    lost.close();
    expect([...map.values()]).toEqual([channel]);
    nextPeer.send('x');
    await way.passes(1, 1, map);
    expect(channel.calls).toEqual(['read']);
    expect(lost.calls).toEqual([]);
    for (const each of [channel, nextPeer]) each.close();
  });
}
