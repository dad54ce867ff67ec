// Paths, ports and hosts in a world with others in it (docs/reliability.md, section J).
import { lstatSync, renameSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type ChannelMap, closeAll, Dispatcher } from '../../lib/index.ts';
import { selectSync } from '../../lib/select.ts';
import { AF_INET6, AF_UNIX, IPPROTO_IPV6, IPV6_V6ONLY, SO_REUSEADDR, SOL_SOCKET, Socket } from '../../lib/socket.ts';
import { temporaryPath } from '../support/matrix.ts';

const refused = (code: string, syscall: string) => expect.objectContaining({ name: 'SystemError', code, syscall });

function listener(path: string): Socket {
  const sock = new Socket(AF_UNIX);
  sock.bind(path);
  sock.listen(5);
  return sock;
}

test('close() leaves a path alone, whatever has that path by now', () => {
  const path = temporaryPath();
  const first = listener(path);
  renameSync(path, `${path}.old`);
  const second = listener(path);
  const { ino } = statSync(path);
  first.close();
  expect(statSync(path).ino).toBe(ino);
  const client = new Socket(AF_UNIX);
  client.connect(path);
  const [served] = second.accept();
  // An open connection does not need its path.
  rmSync(path);
  client.send('x');
  expect(served.recv(1).toString()).toBe('x');
  for (const each of [client, served, second]) each.close();
});

test('a path that a dead process left behind can be bound only after it is removed', () => {
  const path = temporaryPath();
  listener(path).close();
  const next = new Socket(AF_UNIX);
  expect(() => next.bind(path)).toThrow(refused('EADDRINUSE', 'bind'));
  const probe = new Socket(AF_UNIX);
  // How to tell that nobody listens there.
  expect(() => probe.connect(path)).toThrow(refused('ECONNREFUSED', 'connect'));
  rmSync(path);
  next.bind(path);
  for (const each of [next, probe]) each.close();
});

test('a path has the permissions that the umask leaves from the moment it exists', () => {
  const path = temporaryPath();
  const before = process.umask(0o077);
  const sock = listener(path);
  process.umask(before);
  expect(statSync(path).mode & 0o777).toBe(0o700);
  sock.close();
});

test('bind() does not follow a symbolic link', () => {
  const path = temporaryPath();
  const target = temporaryPath();
  symlinkSync(target, path);
  const sock = new Socket(AF_UNIX);
  expect(() => sock.bind(path)).toThrow(refused('EADDRINUSE', 'bind'));
  writeFileSync(target, 'stays');
  expect(() => sock.bind(path)).toThrow(refused('EADDRINUSE', 'bind'));
  expect(lstatSync(path).isSymbolicLink()).toBe(true);
  sock.close();
});

test('an IPv4 peer of an IPv6 socket has a mapped address, which can be used again', () => {
  const sock = new Socket(AF_INET6);
  sock.setsockopt(IPPROTO_IPV6, IPV6_V6ONLY, 0);
  sock.bind(['::', 0]);
  sock.listen(5);
  const [, port] = sock.getsockname();
  const client = new Socket();
  client.connectEx(['127.0.0.1', Number(port)]);
  selectSync([sock], [], [], 1);
  const [served, peer] = sock.accept();
  expect(peer[0]).toBe('::ffff:127.0.0.1');
  const again = new Socket(AF_INET6);
  expect(again.connectEx([String(peer[0]), 9])).toBeGreaterThan(0);
  for (const each of [sock, client, served, again]) each.close();
});

test('an unavailable address is named in the error, and the socket can take another', () => {
  const taken = new Socket();
  taken.bind(['127.0.0.1', 0]);
  taken.listen(1);
  const address = taken.getsockname();
  const sock = new Socket();
  expect(() => sock.bind(address)).toThrow(refused('EADDRINUSE', 'bind'));
  // Not even with SO_REUSEADDR while somebody listens there.
  sock.setsockopt(SOL_SOCKET, SO_REUSEADDR, 1);
  expect(() => sock.bind(address)).toThrow(refused('EADDRINUSE', 'bind'));
  expect(() => sock.bind(['192.0.2.1', 0])).toThrow(refused('EADDRNOTAVAIL', 'bind'));
  sock.bind(['127.0.0.1', 0]);
  for (const each of [taken, sock]) each.close();
});

test('a socket that has connected to itself can be recognised', () => {
  const map: ChannelMap = new Map();
  const channel = new Dispatcher(null, map);
  channel.createSocket();
  channel.bind(['127.0.0.1', 0]);
  const { socket } = channel;
  const address = socket?.getsockname() ?? '';
  channel.connect(address);
  // TCP allows it (both ends at once); only the two names tell.
  expect(socket?.getpeername()).toEqual(socket?.getsockname());
  closeAll(map);
});
