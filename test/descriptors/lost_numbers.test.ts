// Somebody else closes a descriptor of the library's, and its number goes to another one: what had it
// before does not touch its next owner.
import { closeSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type ChannelMap, FileWrapper, pipe } from '../../lib/index.ts';
import { Socket, socketpair } from '../../lib/socket.ts';
import { thrownBy } from '../support/failure.ts';
import { WAYS } from '../support/matrix.ts';
import { Recorder } from '../support/recorder.ts';

const badDescriptor = expect.objectContaining({ name: 'SystemError', code: 'EBADF' });

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
