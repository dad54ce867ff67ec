// 'asyncore/socket': options, constants, and sockets made of descriptor numbers.
import { closeSync, openSync } from 'node:fs';
import { expect, test } from 'vitest';
import * as sockets from '../../lib/socket.ts';
import {
  AF_INET6,
  AF_UNIX,
  IPPROTO_IPV6,
  IPPROTO_TCP,
  IPV6_V6ONLY,
  SO_ACCEPTCONN,
  SO_BROADCAST,
  SO_ERROR,
  SO_KEEPALIVE,
  SO_LINGER,
  SO_RCVBUF,
  SO_RCVTIMEO,
  SO_REUSEADDR,
  SO_TYPE,
  SOCK_DGRAM,
  SOCK_SEQPACKET,
  SOCK_STREAM,
  SOL_SOCKET,
  Socket,
  socketpair,
  TCP_INFO,
  TCP_KEEPIDLE,
  TCP_NODELAY,
} from '../../lib/socket.ts';
import { openDescriptors } from '../support/descriptors.ts';
import { isCloseOnExec, isNonBlocking } from '../support/flags.ts';

test('integer options can be set and read', () => {
  const sock = new Socket();
  for (const [level, name, before, after] of [
    [SOL_SOCKET, SO_REUSEADDR, 0, 1],
    [SOL_SOCKET, SO_KEEPALIVE, 0, 1],
    [IPPROTO_TCP, TCP_NODELAY, 0, 1],
    [IPPROTO_TCP, TCP_KEEPIDLE, 7200, 77],
  ] as const) {
    expect(sock.getsockopt(level, name)).toBe(before);
    sock.setsockopt(level, name, after);
    expect(sock.getsockopt(level, name)).toBe(after);
  }
  sock.setsockopt(SOL_SOCKET, SO_RCVBUF, 10_000);
  expect(sock.getsockopt(SOL_SOCKET, SO_RCVBUF)).toBe(20_000);
  expect(sock.getsockopt(SOL_SOCKET, SO_TYPE)).toBe(SOCK_STREAM);
  expect(sock.getsockopt(SOL_SOCKET, SO_ERROR)).toBe(0);
  expect(sock.getsockopt(SOL_SOCKET, SO_ACCEPTCONN)).toBe(0);
  sock.bind(['127.0.0.1', 0]);
  sock.listen(1);
  expect(sock.getsockopt(SOL_SOCKET, SO_ACCEPTCONN)).toBe(1);
  sock.close();
  const six = new Socket(AF_INET6);
  six.setsockopt(IPPROTO_IPV6, IPV6_V6ONLY, 1);
  expect(six.getsockopt(IPPROTO_IPV6, IPV6_V6ONLY)).toBe(1);
  six.close();
});

test('struct options can be set and read', () => {
  const sock = new Socket();
  const ints = (...numbers: number[]) => new Uint8Array(Int32Array.of(...numbers).buffer);
  sock.setsockopt(SOL_SOCKET, SO_LINGER, ints(1, 7));
  expect([...sock.getsockopt(SOL_SOCKET, SO_LINGER, 8)]).toEqual([...ints(1, 7)]);
  expect(sock.getsockopt(SOL_SOCKET, SO_LINGER, 4)).toHaveLength(4);
  sock.setsockopt(SOL_SOCKET, SO_RCVTIMEO, new Uint8Array(BigInt64Array.of(3n, 0n).buffer));
  expect(sock.getsockopt(SOL_SOCKET, SO_RCVTIMEO, 16).readBigInt64LE()).toBe(3n);
  expect(sock.getsockopt(SOL_SOCKET, SO_REUSEADDR, 100)).toHaveLength(4);
  expect(sock.getsockopt(IPPROTO_TCP, TCP_INFO, 1000).length).toBeGreaterThan(100);
  expect(sock.getsockopt(SOL_SOCKET, SO_TYPE, 0)).toHaveLength(0);
  sock.close();
});

test('options that the system refuses throw a SystemError', () => {
  const sock = new Socket(undefined, SOCK_DGRAM);
  const refused = (code: string, syscall: string) => expect.objectContaining({ name: 'SystemError', code, syscall });
  expect(() => sock.getsockopt(SOL_SOCKET, 9999)).toThrow(refused('ENOPROTOOPT', 'getsockopt'));
  expect(() => sock.setsockopt(SOL_SOCKET, 9999, 1)).toThrow(refused('ENOPROTOOPT', 'setsockopt'));
  expect(() => sock.setsockopt(SOL_SOCKET, SO_BROADCAST, new Uint8Array(1))).toThrow(refused('EINVAL', 'setsockopt'));
  expect(() => sock.setsockopt(SOL_SOCKET, SO_BROADCAST, new Uint8Array(0))).toThrow(refused('EINVAL', 'setsockopt'));
  expect(() => sock.listen(1)).toThrow(refused('ENOTSUP', 'listen'));
  expect(() => sock.shutdown(77)).toThrow(expect.objectContaining({ syscall: 'shutdown' }));
  sock.close();
});

test('sockets that the system does not make throw a SystemError', () => {
  const refused = (code: string) => expect.objectContaining({ name: 'SystemError', code, syscall: 'socket' });
  expect(() => new Socket(12345)).toThrow(refused('EAFNOSUPPORT'));
  expect(() => new Socket(AF_UNIX, 9)).toThrow(expect.objectContaining({ syscall: 'socket' }));
  expect(() => new Socket(undefined, SOCK_STREAM, sockets.IPPROTO_UDP)).toThrow(refused('EPROTONOSUPPORT'));
});

test('fromFd() takes over any socket and makes it non-blocking and close-on-exec', () => {
  for (const [family, type] of [
    [AF_UNIX, SOCK_STREAM],
    [AF_UNIX, SOCK_DGRAM],
    [AF_UNIX, SOCK_SEQPACKET],
  ] as const) {
    const [one, two] = socketpair(family, type);
    two.setBlocking(true);
    const number = two.detach();
    const taken = Socket.fromFd(number);
    expect([taken.fileno(), taken.family, taken.type]).toEqual([number, family, type]);
    expect(isNonBlocking(number) && isCloseOnExec(number)).toBe(true);
    one.send('x');
    expect(taken.recv(10).toString()).toBe('x');
    for (const each of [one, taken]) each.close();
  }
});

test('fromFd() takes nothing over that is not a socket, not open, or already owned', () => {
  const file = openSync('/dev/null', 'r');
  const [one, two] = socketpair();
  const before = openDescriptors();
  const refused = (code: string) => expect.objectContaining({ name: 'SystemError', code });
  expect(() => Socket.fromFd(file)).toThrow(refused('ENOTSOCK'));
  expect(() => Socket.fromFd(1_000_000)).toThrow(refused('EBADF'));
  expect(() => Socket.fromFd(one.fileno())).toThrow(refused('EBUSY'));
  expect(openDescriptors()).toEqual(before);
  expect(isNonBlocking(file)).toBe(false);
  one.send('x');
  expect(two.recv(1).toString()).toBe('x');
  for (const each of [one, two]) each.close();
  closeSync(file);
});

test('detach() gives the number up, and close() leaves it open', () => {
  const [one, two] = socketpair();
  const number = one.detach();
  one.close();
  expect(one.fileno()).toBe(-1);
  expect(openDescriptors().has(number)).toBe(true);
  expect(() => one.detach()).toThrow(expect.objectContaining({ code: 'EBADF' }));
  closeSync(number);
  expect(two.recv(1)).toHaveLength(0);
  two.close();
});

test("constants are numbers, equal to Node's where Node has them", () => {
  const numbers = Object.entries(sockets).filter(
    ([name, value]) => typeof value !== 'function' && /^[A-Z0-9_]+$/.test(name),
  );
  expect(numbers.length).toBeGreaterThan(60);
  for (const [name, value] of numbers) expect(value, name).toSatisfy(Number.isInteger);
  expect(sockets).toMatchObject({ AF_INET: 2, AF_UNIX: 1, SOCK_STREAM: 1, SHUT_RD: 0, SHUT_WR: 1, SHUT_RDWR: 2 });
});
