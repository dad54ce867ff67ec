// 'asyncore/socket': datagrams, with sendto() and recvfrom() and between connected ends.
import { describe, expect, test } from 'vitest';
import { selectSync } from '../../lib/select.ts';
import { AF_UNIX, MSG_DONTWAIT, MSG_PEEK, MSG_TRUNC, SOCK_DGRAM, Socket, socketpair } from '../../lib/socket.ts';
import { FAMILIES, type Family } from '../support/matrix.ts';

let names = 0;
const FAMILIES_OF_DATAGRAMS: readonly Family[] = [
  ...FAMILIES,
  { name: 'abstract', family: AF_UNIX, address: () => `\0asyncore-datagram-${process.pid}-${++names}` },
];

function bound({ family, address }: Family): Socket {
  const sock = new Socket(family, SOCK_DGRAM);
  sock.bind(address());
  return sock;
}

describe.each(FAMILIES_OF_DATAGRAMS)('$name', (family) => {
  test('a datagram arrives whole, with its sender', () => {
    const [one, two] = [bound(family), bound(family)];
    expect(one.sendto('first', two.getsockname())).toBe(5);
    expect(one.sendto(Buffer.from('second'), MSG_DONTWAIT, two.getsockname())).toBe(6);
    selectSync([two], [], [], 1);
    expect(two.recvfrom(100, MSG_PEEK)).toEqual([Buffer.from('first'), one.getsockname()]);
    expect(two.recvfrom(100)).toEqual([Buffer.from('first'), one.getsockname()]);
    expect(two.recv(100).toString()).toBe('second');
    expect(() => two.recvfrom(100)).toThrow(expect.objectContaining({ code: 'EAGAIN', syscall: 'recvfrom' }));
    for (const each of [one, two]) each.close();
  });

  test('an empty datagram arrives', () => {
    const [one, two] = [bound(family), bound(family)];
    expect(one.sendto('', two.getsockname())).toBe(0);
    selectSync([two], [], [], 1);
    expect(two.recvfrom(100)).toEqual([Buffer.alloc(0), one.getsockname()]);
    for (const each of [one, two]) each.close();
  });

  test('a datagram longer than the size asked for is cut off', () => {
    const [one, two] = [bound(family), bound(family)];
    one.sendto('0123456789', two.getsockname());
    one.sendto('next', two.getsockname());
    selectSync([two], [], [], 1);
    expect(two.recv(4).toString()).toBe('0123');
    expect(two.recv(4).toString()).toBe('next');
    for (const each of [one, two]) each.close();
  });

  test("with MSG_TRUNC, a Buffer has what was received and recvInto() returns the datagram's full length", () => {
    const [one, two] = [bound(family), bound(family)];
    const long = 'x'.repeat(5000);
    for (let i = 0; i < 4; i++) one.sendto(long, two.getsockname());
    selectSync([two], [], [], 1);
    expect(two.recv(4, MSG_TRUNC).toString()).toBe('xxxx');
    expect(two.recvfrom(2000, MSG_TRUNC)[0].toString()).toBe('x'.repeat(2000));
    const into = new Uint8Array(8);
    expect(two.recvInto(into.subarray(0, 2), MSG_TRUNC)).toBe(5000);
    expect([...into]).toEqual([120, 120, 0, 0, 0, 0, 0, 0]);
    expect(two.recv(100_000).toString()).toBe(long);
    for (const each of [one, two]) each.close();
  });

  test('connected ends send and receive without addresses', () => {
    const [one, two] = [bound(family), bound(family)];
    expect(one.connectEx(two.getsockname())).toBe(0);
    expect(one.getpeername()).toEqual(two.getsockname());
    one.send('hello');
    selectSync([two], [], [], 1);
    const [data, from] = two.recvfrom(100);
    two.sendto(`${data} to you`, from);
    selectSync([one], [], [], 1);
    expect(one.recv(100).toString()).toBe('hello to you');
    for (const each of [one, two]) each.close();
  });
});

test('a sender without a name has the empty one', () => {
  const [one, two] = socketpair(AF_UNIX, SOCK_DGRAM);
  one.send('x');
  expect(two.recvfrom(10)).toEqual([Buffer.from('x'), '']);
  for (const each of [one, two]) each.close();
});

test('send() without an address is ENOTCONN or EDESTADDRREQ, and sendto() an address that nobody has is ECONNREFUSED', () => {
  const sock = new Socket(AF_UNIX, SOCK_DGRAM);
  expect(() => sock.send('x')).toThrow(
    expect.objectContaining({ code: expect.stringMatching(/ENOTCONN|EDESTADDRREQ/) }),
  );
  expect(() => sock.sendto('x', '\0asyncore-nobody')).toThrow(
    expect.objectContaining({ code: 'ECONNREFUSED', syscall: 'sendto' }),
  );
  sock.close();
});

test('a datagram longer than the system sends is EMSGSIZE, and none of it is sent', () => {
  const sock = new Socket(undefined, SOCK_DGRAM);
  sock.bind(['127.0.0.1', 0]);
  expect(() => sock.sendto(Buffer.alloc(70_000), sock.getsockname())).toThrow(
    expect.objectContaining({ code: 'EMSGSIZE', syscall: 'sendto' }),
  );
  sock.close();
});

test('a connected end learns from its next call that nobody is at the port', () => {
  const gone = new Socket(undefined, SOCK_DGRAM);
  gone.bind(['127.0.0.1', 0]);
  const address = gone.getsockname();
  gone.close();
  const sock = new Socket(undefined, SOCK_DGRAM);
  sock.connect(address);
  sock.send('x');
  selectSync([sock], [], [], 1);
  expect(() => sock.recv(10)).toThrow(expect.objectContaining({ code: 'ECONNREFUSED', syscall: 'recv' }));
  sock.close();
});
