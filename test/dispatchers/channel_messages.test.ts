// sendmsg() and recvmsg() of channels: what was cut off is told, descriptors travel, and errors mean what they mean
// to send() and sendto().
import { readdirSync } from 'node:fs';
import { afterEach, describe, expect, test } from 'vitest';
import { AsyncChat, Dispatcher, FileDispatcher, pipe, type ReceivedMessage } from '../../lib/index.ts';
import {
  AF_UNIX,
  CMSG_LEN,
  MSG_CTRUNC,
  MSG_TRUNC,
  SCM_RIGHTS,
  SOCK_DGRAM,
  SOCK_SEQPACKET,
  SOCK_STREAM,
  SOL_SOCKET,
  Socket,
  socketpair,
} from '../../lib/socket.ts';
import { thrownBy } from '../support/failure.ts';
import { FAMILIES, passesUntil, temporaryPath, WAYS } from '../support/matrix.ts';
import { fill } from '../support/pair.ts';

const open: { close(): void }[] = [];

afterEach(() => {
  for (const each of open.splice(0)) each.close();
});

function keep<T extends { close(): void }>(owner: T): T {
  open.push(owner);
  return owner;
}

class Messages extends Dispatcher {
  readonly got: ReceivedMessage[] = [];
  room = 0;
  closes = 0;

  override writable() {
    return false;
  }
  override handleRead() {
    const message = this.recvmsg(10, this.room);
    if (message[0].length > 0) this.got.push(message);
  }
  override handleClose() {
    this.closes++;
    this.close();
  }
}

const descriptors = () => readdirSync('/proc/self/fd').length;
const isCut = ({ 2: flags }: ReceivedMessage) => (flags & MSG_TRUNC) !== 0;

describe.each(WAYS)('$name', (way) => {
  test.each(FAMILIES)('a datagram that was cut is known as such, $name', async ({ family, address }) => {
    const map = new Map();
    const [client, server] = [keep(new Messages(null, map)), keep(new Messages(null, map))];
    for (const each of [client, server]) {
      each.createSocket(family, SOCK_DGRAM);
      each.bind(address());
    }
    expect(client.sendmsg(['short', Buffer.from('er')], [], 0, server.getsockname())).toBe(7);
    expect(client.sendmsg(['longer ', 'than that'], [], 0, server.getsockname())).toBe(16);
    await passesUntil(way, () => server.got.length === 2, map);
    expect(server.got.map(([data]) => data.toString())).toEqual(['shorter', 'longer tha']);
    expect(server.got.map(isCut)).toEqual([false, true]);
    expect(server.got[0]?.[3]).toEqual(client.localAddress);
  });

  test.each([
    ['stream', SOCK_STREAM],
    ['datagram', SOCK_DGRAM],
    ['seqpacket', SOCK_SEQPACKET],
  ])('descriptors arrive owned; those for which there was no room are closed, %s', async (_name, type) => {
    const map = new Map();
    const [here, there] = socketpair(AF_UNIX, type);
    const [channel, peer] = [keep(new Messages(here, map)), keep(new Messages(there, map))];
    channel.room = CMSG_LEN(8);
    const files = [pipe(), pipe()].flat().map(keep);
    const before = descriptors();
    expect(peer.sendmsg(['x'], [[SOL_SOCKET, SCM_RIGHTS, files]])).toBe(1);
    await passesUntil(way, () => channel.got.length === 1, map);
    const [, ancillary, flags] = channel.got[0] ?? [];
    const owners = ancillary?.[0]?.[2];
    if (!Array.isArray(owners)) throw new Error('no owners');
    expect([owners.length, (flags ?? 0) & MSG_CTRUNC]).toEqual([2, MSG_CTRUNC]);
    expect(descriptors()).toBe(before + 2);
    for (const owner of owners) owner.close();
    expect(descriptors()).toBe(before);
  });

  test('on a stream, the end closes, and so does a peer that is gone', async () => {
    const map = new Map();
    const [here, there] = socketpair();
    const channel = keep(new Messages(here, map));
    there.send('last');
    there.close();
    await passesUntil(way, () => channel.closes > 0, map);
    expect([channel.got.length, channel.closes]).toEqual([1, 1]);
    const [near, far] = socketpair();
    const sender = keep(new Messages(near, map));
    far.close();
    expect([sender.sendmsg(['x']), sender.closes]).toEqual([0, 1]);
  });
});

test('0 when the system takes none now, EAGAIN when there is nothing', () => {
  const [here, there] = socketpair();
  keep(there);
  const channel = keep(new Messages(here, new Map()));
  expect(() => channel.recvmsg(10)).toThrow(expect.objectContaining({ code: 'EAGAIN' }));
  fill(here);
  expect([channel.sendmsg(['x']), channel.closes]).toEqual([0, 0]);
});

test('what one destination refuses is thrown, and closes nothing', () => {
  const path = temporaryPath();
  const channel = keep(new Messages(null, new Map()));
  channel.createSocket(AF_UNIX, SOCK_DGRAM);
  expect(() => channel.sendmsg(['x'], [], 0, path)).toThrow(expect.objectContaining({ code: 'ENOENT' }));
  const peer = new Socket(AF_UNIX, SOCK_DGRAM);
  peer.bind(path);
  peer.close();
  expect(() => channel.sendmsg(['x'], [], 0, path)).toThrow(expect.objectContaining({ code: 'ECONNREFUSED' }));
  expect(channel.closes).toBe(0);
});

test('it counts as movement for the deadlines of the channel', async () => {
  const [way] = WAYS;
  if (way === undefined) throw new Error('no way');
  const map = new Map();
  const [here, there] = socketpair();
  keep(there);
  const channel = keep(new Messages(here, map));
  const over: string[] = [];
  channel.handleTimeout = (kind) => over.push(kind);
  channel.setTimeout('read', 0.2);
  const end = performance.now() + 500;
  while (performance.now() < end) {
    there.send('x');
    await way.passes(1, 0.01, map);
  }
  expect(over).toEqual([]);
});

test('a chat sends them past its queue; a file has no messages', () => {
  const [here, there] = socketpair(AF_UNIX, SOCK_SEQPACKET);
  keep(there);
  const chat = keep(new AsyncChat(here, new Map()));
  chat.cork();
  chat.push('queued');
  expect(chat.sendmsg(['at once'])).toBe(7);
  expect(there.recv(20).toString()).toBe('at once');
  const [reader, writer] = pipe();
  keep(reader);
  keep(writer);
  const file = keep(new FileDispatcher(reader, new Map()));
  for (const call of [() => file.sendmsg(['x']), () => file.recvmsg(1)]) {
    expect(thrownBy(call)).toMatchObject({ code: 'ERR_NOT_A_SOCKET' });
  }
});
