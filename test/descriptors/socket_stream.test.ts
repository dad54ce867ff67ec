// 'asyncore/socket': stream sockets of every family, from socket() to close().
import { constants } from 'node:os';
import { describe, expect, test } from 'vitest';
import { selectSync } from '../../lib/select.ts';
import {
  AF_INET,
  AF_UNIX,
  MSG_OOB,
  MSG_PEEK,
  SHUT_RDWR,
  SHUT_WR,
  SO_ERROR,
  SOCK_DGRAM,
  SOCK_STREAM,
  SOL_SOCKET,
  Socket,
  socketpair,
} from '../../lib/socket.ts';
import { thrownBy } from '../support/failure.ts';
import { isCloseOnExec, isNonBlocking } from '../support/flags.ts';
import { FAMILIES, type Family, temporaryPath } from '../support/matrix.ts';
import { connectedPair, fill, listening, reset } from '../support/pair.ts';

let names = 0;
const STREAMS: readonly Family[] = [
  ...FAMILIES,
  { name: 'abstract', family: AF_UNIX, address: () => `\0asyncore-stream-${process.pid}-${++names}` },
];
const INET: Family = { name: 'inet', family: AF_INET, address: () => ['127.0.0.1', 0] };

const refused = (code: string, syscall: string) => expect.objectContaining({ name: 'SystemError', code, syscall });

/** Everything that can be received until the end or until there is nothing. */
function receiveAll(sock: Socket): Buffer {
  const pieces: Buffer[] = [];
  for (;;) {
    selectSync([sock], [], [], 1);
    const piece = sock.recv(65536);
    if (piece.length === 0) return Buffer.concat(pieces);
    pieces.push(piece);
  }
}

describe.each(STREAMS)('$name', (family) => {
  test("the two ends of a connection know their own address and each other's", () => {
    const listener = listening(family);
    const client = new Socket(family.family);
    client.connectEx(listener.getsockname());
    selectSync([listener], [], [], 1);
    const [served, from] = listener.accept();
    for (const each of [listener, client, served]) {
      expect([each.family, each.type]).toEqual([family.family, SOCK_STREAM]);
      expect(isNonBlocking(each.fileno())).toBe(true);
      expect(isCloseOnExec(each.fileno())).toBe(true);
    }
    expect(client.getpeername()).toEqual(listener.getsockname());
    expect(served.getsockname()).toEqual(listener.getsockname());
    expect(served.getpeername()).toEqual(client.getsockname());
    expect(from).toEqual(client.getsockname());
    for (const each of [listener, client, served]) each.close();
  });

  test('bytes go both ways, and recv() with nothing there is EAGAIN', () => {
    const [client, served] = connectedPair(family);
    expect(() => served.recv(1)).toThrow(refused('EAGAIN', 'recv'));
    expect(() => served.recvfrom(1)).toThrow(refused('EAGAIN', 'recvfrom'));
    expect(() => served.recvInto(new Uint8Array(1))).toThrow(refused('EAGAIN', 'recv'));
    expect(client.send('héllo')).toBe(6);
    selectSync([served], [], [], 1);
    expect(served.recv(2, MSG_PEEK).toString()).toBe('h\ufffd');
    expect(served.recv(3).toString()).toBe('hé');
    const into = new Uint16Array(4);
    expect(served.recvInto(new DataView(into.buffer, 2, 2))).toBe(2);
    expect(Buffer.from(into.buffer).toString('latin1')).toBe('\0\0ll\0\0\0\0');
    expect(served.recv(10).toString()).toBe('o');
    expect(served.send(new Uint16Array([0x6968]))).toBe(2);
    selectSync([client], [], [], 1);
    expect(client.recv(10).toString()).toBe('hi');
    for (const each of [client, served]) each.close();
  });

  test('shutdown() ends one direction only', () => {
    const [client, served] = connectedPair(family);
    client.send('request');
    client.shutdown(SHUT_WR);
    expect(() => client.send('more')).toThrow(refused('EPIPE', 'send'));
    expect(receiveAll(served).toString()).toBe('request');
    served.send('answer');
    served.close();
    expect(receiveAll(client).toString()).toBe('answer');
    client.close();
  });

  test('the peer sees a close() at once', () => {
    const [client, served] = connectedPair(family);
    client.close();
    selectSync([served], [], [], 1);
    expect(served.recv(1)).toHaveLength(0);
    served.close();
  });

  test('a full buffer gives a short count, then EAGAIN, and all of it arrives', () => {
    const [client, served] = connectedPair(family);
    const sent = fill(client);
    expect(sent).toBeGreaterThan(10_000);
    expect(() => client.send('x')).toThrow(refused('EAGAIN', 'send'));
    client.shutdown(SHUT_WR);
    expect(receiveAll(served)).toHaveLength(sent);
    for (const each of [client, served]) each.close();
  });

  test('an address in use is EADDRINUSE and named in the error', () => {
    const listener = listening(family);
    const address = listener.getsockname();
    const other = new Socket(family.family);
    const error = thrownBy(() => other.bind(address));
    const [host, port] = Array.isArray(address) ? address : [String(address), undefined];
    expect(error).toMatchObject({
      code: 'EADDRINUSE',
      syscall: 'bind',
      errno: -constants.errno.EADDRINUSE,
      address: host,
    });
    expect(error).toMatchObject(port === undefined ? {} : { port });
    expect(error).toHaveProperty(
      'message',
      `bind EADDRINUSE ${port === undefined ? host.replace('\0', '\\u0000') : `${host}:${port}`}`,
    );
    for (const each of [listener, other]) each.close();
  });

  test('accept() without a connection is EAGAIN, and getpeername() without a peer is ENOTCONN', () => {
    const listener = listening(family);
    expect(() => listener.accept()).toThrow(refused('EAGAIN', 'accept'));
    expect(() => listener.getpeername()).toThrow(refused('ENOTCONN', 'getpeername'));
    expect(() => listener.send('x')).toThrow(expect.objectContaining({ syscall: 'send' }));
    listener.close();
  });

  test('fromFd() takes over what detach() gave up, with its family and type', () => {
    const [client, served] = connectedPair(family);
    const number = client.detach();
    expect(client.fileno()).toBe(-1);
    const again = Socket.fromFd(number);
    expect([again.fileno(), again.family, again.type]).toEqual([number, family.family, SOCK_STREAM]);
    again.send('still open');
    again.close();
    expect(receiveAll(served).toString()).toBe('still open');
    served.close();
  });
});

test('connect() throws EINPROGRESS where connectEx() returns it; where there is no wait, connectEx() returns 0', () => {
  const listener = listening(INET);
  const [one, two] = [new Socket(), new Socket()];
  expect(one.connectEx(listener.getsockname())).toBe(constants.errno.EINPROGRESS);
  expect(() => two.connect(listener.getsockname())).toThrow(refused('EINPROGRESS', 'connect'));
  selectSync([], [one], [], 1);
  expect(one.connectEx(listener.getsockname())).toBe(0);
  expect(one.connectEx(listener.getsockname())).toBe(constants.errno.EISCONN);
  const path = temporaryPath();
  const local = listening({ family: AF_UNIX, address: () => path });
  const three = new Socket(AF_UNIX);
  expect(three.connectEx(path)).toBe(0);
  for (const each of [listener, one, two, local, three]) each.close();
});

test('a refused connection is reported once by SO_ERROR, and a missing path at once', () => {
  const listener = listening(INET);
  const address = listener.getsockname();
  listener.close();
  const sock = new Socket();
  sock.connectEx(address);
  selectSync([], [sock], [], 1);
  expect(sock.getsockopt(SOL_SOCKET, SO_ERROR)).toBe(constants.errno.ECONNREFUSED);
  expect(sock.getsockopt(SOL_SOCKET, SO_ERROR)).toBe(0);
  sock.close();
  const local = new Socket(AF_UNIX);
  const path = temporaryPath();
  expect(() => local.connect(path)).toThrow(
    expect.objectContaining({ code: 'ENOENT', syscall: 'connect', address: path, message: `connect ENOENT ${path}` }),
  );
  local.close();
});

test('a reset is ECONNRESET, and sending after it is EPIPE without a signal', () => {
  const [client, served] = connectedPair(INET);
  reset(client);
  selectSync([served], [], [], 1);
  expect(() => served.recv(1)).toThrow(refused('ECONNRESET', 'recv'));
  expect(() => served.send('x')).toThrow(refused('EPIPE', 'send'));
  served.close();
});

test('an urgent byte is sent and received with MSG_OOB', () => {
  const [client, served] = connectedPair(INET);
  client.send('!', MSG_OOB);
  expect(selectSync([], [], [served], 1)).toEqual([[], [], [served]]);
  expect(served.recv(1, MSG_OOB).toString()).toBe('!');
  for (const each of [client, served]) each.close();
});

test('setBlocking() sets what getBlocking() returns', () => {
  const [one, two] = socketpair();
  expect(one.getBlocking()).toBe(false);
  one.setBlocking(true);
  expect(one.getBlocking()).toBe(true);
  expect(isNonBlocking(one.fileno())).toBe(false);
  two.send('x');
  expect(one.recv(1).toString()).toBe('x');
  one.setBlocking(false);
  expect(one.getBlocking()).toBe(false);
  expect(() => one.recv(1)).toThrow(refused('EAGAIN', 'recv'));
  for (const each of [one, two]) each.close();
});

test('socketpair() makes two connected ends and refuses families that have none', () => {
  for (const type of [SOCK_STREAM, SOCK_DGRAM]) {
    const [one, two] = socketpair(AF_UNIX, type);
    one.send('x');
    expect(two.recv(10).toString()).toBe('x');
    for (const each of [one, two]) {
      expect([each.family, each.type]).toEqual([AF_UNIX, type]);
      expect([each.getsockname(), each.getpeername()]).toEqual(['', '']);
      expect(isCloseOnExec(each.fileno()) && isNonBlocking(each.fileno())).toBe(true);
      each.close();
    }
  }
  expect(() => socketpair(AF_INET)).toThrow(refused('ENOTSUP', 'socketpair'));
});

test('recv(0) is empty, and one call returns at most 1 MiB', () => {
  const [one, two] = socketpair();
  two.send('data');
  expect(one.recv(0)).toHaveLength(0);
  expect(one.recv(2 ** 31 - 1).toString()).toBe('data');
  expect(one.send('')).toBe(0);
  for (const each of [one, two]) each.close();
});

test('what recv() returned does not change when more is received', () => {
  const [one, two] = socketpair();
  const pieces: Buffer[] = [];
  const sizes = [1, 900, 1024, 5000, 65536, 70_000, 65536, 3];
  for (let i = 0; i < 200; i++) {
    const size = sizes[i % sizes.length] ?? 1;
    two.send(Buffer.alloc(size, i));
    pieces.push(one.recv(size));
  }
  for (const [i, piece] of pieces.entries()) {
    expect(
      piece.every((byte) => byte === i),
      `piece ${i}`,
    ).toBe(true);
    piece.fill(0);
  }
  for (const each of [one, two]) each.close();
});

test('every call on a closed socket but close() and fileno() is EBADF', () => {
  const [sock, other] = socketpair();
  sock.close();
  sock.close();
  expect(sock.fileno()).toBe(-1);
  const calls: [string, () => unknown][] = [
    ['bind', () => sock.bind('x')],
    ['listen', () => sock.listen(1)],
    ['accept', () => sock.accept()],
    ['connect', () => sock.connect('x')],
    ['send', () => sock.send('x')],
    ['sendto', () => sock.sendto('x', 'y')],
    ['recv', () => sock.recv(1)],
    ['recv', () => sock.recvInto(new Uint8Array(1))],
    ['recvfrom', () => sock.recvfrom(1)],
    ['getsockopt', () => sock.getsockopt(SOL_SOCKET, SO_ERROR)],
    ['setsockopt', () => sock.setsockopt(SOL_SOCKET, SO_ERROR, 1)],
    ['getsockname', () => sock.getsockname()],
    ['getpeername', () => sock.getpeername()],
    ['shutdown', () => sock.shutdown(SHUT_RDWR)],
    ['fcntl', () => sock.setBlocking(true)],
    ['fcntl', () => sock.getBlocking()],
    ['detach', () => sock.detach()],
  ];
  for (const [syscall, call] of calls) expect(call, syscall).toThrow(refused('EBADF', syscall));
  expect(sock.connectEx('x')).toBe(constants.errno.EBADF);
  other.close();
});
