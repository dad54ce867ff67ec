// Making a dispatcher's socket, its address, and its default interest
// (docs/behaviour.md, section A7).
import { constants } from 'node:os';
import { expect, test } from 'vitest';
import { type ChannelMap, Dispatcher, socketMap } from '../../lib/index.ts';
import {
  IPPROTO_TCP,
  SO_ACCEPTCONN,
  SO_REUSEADDR,
  SO_TYPE,
  SOCK_DGRAM,
  SOCK_STREAM,
  SOL_SOCKET,
  SOMAXCONN,
  Socket,
  socketpair,
  TCP_INFO,
} from '../../lib/socket.ts';
import { isCloseOnExec, isNonBlocking } from '../support/flags.ts';
import { FAMILIES, WAYS } from '../support/matrix.ts';
import { listening } from '../support/pair.ts';

for (const { name, family, address } of FAMILIES) {
  test(`createSocket() makes a non-blocking, close-on-exec socket and enters the map (${name})`, () => {
    for (const type of [undefined, SOCK_STREAM, SOCK_DGRAM]) {
      const channel = new Dispatcher();
      channel.createSocket(family, type);
      const fd = channel.fileno();
      expect([...socketMap]).toEqual([[fd, channel]]);
      expect(channel.familyAndType).toEqual([family, type ?? SOCK_STREAM]);
      expect(channel.socket?.family).toBe(family);
      expect(channel.socket?.getsockopt(SOL_SOCKET, SO_TYPE)).toBe(type ?? SOCK_STREAM);
      expect([isNonBlocking(fd), isCloseOnExec(fd)]).toEqual([true, true]);
      channel.close();
    }
  });

  test(`bind() keeps the address that was asked for, unless it fails (${name})`, () => {
    const taken = listening({ family, address });
    const channel = new Dispatcher();
    channel.createSocket(family);
    const there = taken.getsockname();
    expect(() => channel.bind(there)).toThrow(expect.objectContaining({ code: 'EADDRINUSE', syscall: 'bind' }));
    expect(channel.addr).toBe(null);
    expect(socketMap.size).toBe(1);
    const here = address();
    channel.bind(here);
    expect(channel.addr).toBe(here);
    channel.close();
    taken.close();
  });

  test(`listen() makes the channel accepting (${name})`, () => {
    const channel = new Dispatcher();
    channel.createSocket(family);
    channel.bind(address());
    expect(channel.listen(5)).toBeUndefined();
    expect(channel.accepting).toBe(true);
    expect(channel.socket?.getsockopt(SOL_SOCKET, SO_ACCEPTCONN)).toBe(1);
    channel.close();
  });
}

test('createSocket() makes an IPv4 TCP socket by default', () => {
  const channel = new Dispatcher();
  channel.createSocket();
  expect(channel.socket?.getsockname()).toEqual(['0.0.0.0', 0]);
  channel.close();
});

test('setReuseAddr() switches the option on and ignores errors', () => {
  const channel = new Dispatcher();
  channel.createSocket();
  const option = () => channel.socket?.getsockopt(SOL_SOCKET, SO_REUSEADDR);
  expect(option()).toBe(0);
  channel.setReuseAddr();
  expect(option()).toBe(1);
  channel.close();
  expect(() => channel.setReuseAddr()).not.toThrow();
});

test('accepting is not set when listen(2) fails', () => {
  const channel = new Dispatcher();
  channel.createSocket(undefined, SOCK_DGRAM);
  expect(() => channel.listen(5)).toThrow(
    expect.objectContaining({ errno: -constants.errno.EOPNOTSUPP, syscall: 'listen' }),
  );
  expect(channel.accepting).toBe(false);
  channel.close();
});

test('listen() has a default backlog', () => {
  for (const listener of [new Socket(), new Dispatcher(null, new Map())]) {
    if (listener instanceof Dispatcher) listener.createSocket();
    listener.bind(['127.0.0.1', 0]);
    listener.listen();
    const sock = listener instanceof Dispatcher ? listener.socket : listener;
    // The third number of struct tcp_info of a listener is its backlog (tcpi_sacked).
    const info = sock?.getsockopt(IPPROTO_TCP, TCP_INFO, 104);
    expect(info?.readUInt32LE(28)).toBe(Math.min(SOMAXCONN, 128));
    listener.close();
  }
});

for (const way of WAYS) {
  test(`both predicates are true by default, so a connected channel is served in every pass (${way.name})`, async () => {
    const plain = new Dispatcher();
    expect([plain.readable(), plain.writable()]).toEqual([true, true]);
    class Plain extends Dispatcher {
      writes = 0;
      override handleWrite() {
        this.writes++;
      }
    }
    const map: ChannelMap = new Map();
    const [sock, peer] = socketpair();
    const channel = new Plain(sock, map);
    await way.passes(50, 30, map);
    expect(channel.writes).toBe(50);
    channel.close();
    peer.close();
  });
}

test('calls that need a socket throw ERR_NO_SOCKET without one', () => {
  const channel = new Dispatcher();
  for (const call of [
    () => channel.bind(['', 0]),
    () => channel.listen(1),
    () => channel.connect(['127.0.0.1', 1]),
    () => channel.accept(),
    () => channel.recv(1),
    () => channel.send('x'),
    () => channel.setReuseAddr(),
  ]) {
    expect(call).toThrow(expect.objectContaining({ code: 'ERR_NO_SOCKET' }));
  }
});
