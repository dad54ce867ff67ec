// Addresses that are no text: paths and abstract names of any bytes, in both directions; and zones
// of IPv6 by number.
import { existsSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { describe, expect, test } from 'vitest';
import { type ChannelMap, Dispatcher, loop, SystemError } from '../../lib/index.ts';
import { AF_INET6, AF_UNIX, SOCK_DGRAM, Socket } from '../../lib/socket.ts';
import { thrownBy } from '../support/failure.ts';
import { temporaryPath } from '../support/matrix.ts';

const NAMES: [what: string, name: () => Buffer][] = [
  ['a path that is not UTF-8', () => Buffer.concat([Buffer.from(temporaryPath()), Buffer.from([0xff, 0x80, 0x41])])],
  ['an abstract name that is not UTF-8', () => Buffer.from([0, 0xc3, 0x28, process.pid & 0xff, 0xff, 0, 7])],
  ['an abstract name as long as can be', () => Buffer.from([0, ...new Uint8Array(107).fill(0xfe)])],
  ['half of a pair', () => Buffer.from([0, 0xed, 0xa0, 0x80, process.pid & 0xff])],
];

describe.each(NAMES)('%s', (_what, make) => {
  test('comes out as bytes and goes in as bytes', async () => {
    const name = make();
    const listener = new Socket(AF_UNIX);
    listener.bind(name);
    listener.listen();
    expect(listener.getsockname()).toEqual(name);
    expect(Buffer.isBuffer(listener.getsockname())).toBe(true);
    if (name[0] !== 0) expect(existsSync(name)).toBe(true);
    const client = new Socket(AF_UNIX);
    client.connect(listener.getsockname());
    expect(client.getpeername()).toEqual(name);
    const [served, nobody] = listener.accept();
    expect(nobody).toBe('');
    expect(served.getsockname()).toEqual(name);
    for (const sock of [listener, client, served]) sock.close();
  });

  test('names the sender of a datagram', () => {
    const [one, two] = [new Socket(AF_UNIX, SOCK_DGRAM), new Socket(AF_UNIX, SOCK_DGRAM)];
    const [name, other] = [make(), temporaryPath()];
    one.bind(name);
    two.bind(other);
    two.sendto('x', name);
    expect(one.recvfrom(10)).toEqual([Buffer.from('x'), other]);
    one.sendto('y', 0, other);
    expect(two.recvfrom(10)).toEqual([Buffer.from('y'), name]);
    one.close();
    two.close();
  });

  test('is an address of a Dispatcher, and is shown in text', async () => {
    const map: ChannelMap = new Map();
    const name = make();
    const peers: unknown[] = [];
    class Listener extends Dispatcher {
      override handleAccepted(sock: Socket, address: unknown) {
        peers.push(address);
        sock.close();
        this.close();
      }
    }
    const listener = new Listener(null, map);
    listener.createSocket(AF_UNIX);
    listener.bind(name);
    listener.listen();
    expect(String(listener)).toMatch(/^<Listener listening "[\x20-\x7e]*\\x[0-9a-f]{2}[\x20-\x7e]*" fd=\d+>$/);
    const client = new Dispatcher(null, new Map());
    client.createSocket(AF_UNIX);
    client.connect(name);
    expect([client.connected, client.addr]).toEqual([true, name]);
    await loop({ map, timeout: 5, count: 5 });
    expect(peers).toEqual(['']);
    client.close();
  });
});

test('a name of text stays text, whichever way it went in', () => {
  for (const name of [`\0grüße-${process.pid}`, Buffer.from(`\0grüße-${process.pid}`)]) {
    const sock = new Socket(AF_UNIX);
    sock.bind(name);
    expect(sock.getsockname()).toBe(`\0grüße-${process.pid}`);
    sock.close();
  }
});

test('bytes are checked as text is', () => {
  const sock = new Socket(AF_UNIX);
  expect(() => sock.bind(Buffer.from('a\0b'))).toThrow(TypeError);
  expect(() => sock.bind(Buffer.alloc(108, 'x'))).toThrow('ENAMETOOLONG');
  expect(() => sock.bind(Buffer.alloc(109))).toThrow('ENAMETOOLONG');
  const inet = new Socket();
  expect(() => inet.bind(Buffer.from('x'))).toThrow(TypeError);
  const gone = thrownBy(() => sock.connect(Buffer.from('/nowhere/\xff\n', 'latin1')));
  expect(gone).toBeInstanceOf(SystemError);
  expect(String(gone)).toBe('SystemError: connect ENOENT /nowhere/\\xff\\x0a');
  sock.close();
  inet.close();
});

test('the zone of an IPv6 address is a name or a number', () => {
  const names = Object.keys(networkInterfaces()).filter((name) => name !== '');
  expect(names.length).toBeGreaterThan(0);
  const sock = new Socket(AF_INET6, SOCK_DGRAM);
  const zoneOf = (host: string): unknown => {
    const one = new Socket(AF_INET6, SOCK_DGRAM);
    const result = one.connectEx([host, 9]);
    const peer = result === 0 ? one.getpeername() : undefined;
    one.close();
    return Array.isArray(peer) ? peer[3] : result;
  };
  // Scopes count only for link-local addresses; an answer other than EINVAL says that it was read.
  expect(zoneOf('fe80::1%1')).not.toBe(22);
  expect(zoneOf('fe80::1%lo')).toEqual(zoneOf('fe80::1%1'));
  for (const zone of ['4294967296', '1x', '-1', '0x1', 'nosuch0']) expect(zoneOf(`fe80::1%${zone}`), zone).toBe(22);
  sock.close();
});
