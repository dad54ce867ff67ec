// Datagrams on channels: sendto(), recvfrom() and recvfromInto(), where nothing that one peer does ends the
// channel.
import { describe, expect, test } from 'vitest';
import { Dispatcher, FileDispatcher, loop, pipe } from '../../lib/index.ts';
import { type AddressInfo, AF_UNIX, SHUT_RD, SOCK_DGRAM, Socket } from '../../lib/socket.ts';
import { runCommand } from '../support/child.ts';
import { thrownBy } from '../support/failure.ts';
import { FAMILIES, passesUntil, temporaryPath, WAYS } from '../support/matrix.ts';
import { connectedPair } from '../support/pair.ts';

class Datagrams extends Dispatcher {
  readonly got: [string, AddressInfo][] = [];
  closes = 0;
  into: Buffer | undefined;

  override writable() {
    return false;
  }

  override handleRead() {
    if (this.into === undefined) {
      const [data, sender] = this.recvfrom(100);
      this.got.push([data.toString(), sender]);
    } else {
      const [count, sender] = this.recvfromInto(this.into);
      this.got.push([this.into.toString('utf8', 0, count), sender]);
    }
  }

  override handleClose() {
    this.closes++;
    this.close();
  }
}

describe.each(FAMILIES)('$name', ({ family, address }) => {
  const bound = (map: Map<number, Dispatcher>) => {
    const channel = new Datagrams(null, map);
    channel.createSocket(family, SOCK_DGRAM);
    channel.bind(address());
    return channel;
  };

  test.each(WAYS)('a request and its answer, $name', async (way) => {
    const map = new Map();
    const [client, server] = [bound(map), bound(map)];
    server.into = Buffer.alloc(100);
    expect(client.sendto('question', server.getsockname())).toBe(8);
    await passesUntil(way, () => server.got.length === 1, map);
    const [[question, sender] = ['', '']] = server.got;
    expect([question, sender]).toEqual(['question', client.localAddress]);
    expect(server.sendto(Buffer.from('answer'), sender)).toBe(6);
    // An empty one is one too.
    server.sendto('', sender);
    await passesUntil(way, () => client.got.length === 2, map);
    expect(client.got).toEqual([
      ['answer', server.localAddress],
      ['', server.localAddress],
    ]);
    expect(() => client.recvfrom(10)).toThrow(expect.objectContaining({ code: 'EAGAIN' }));
    expect(() => client.recvfromInto(Buffer.alloc(1))).toThrow(expect.objectContaining({ code: 'EAGAIN' }));
    expect([client.closes, server.closes]).toEqual([0, 0]);
    client.close();
    server.close();
  });

  test.each(WAYS)('on a stream, the end closes, $name', async (way) => {
    const map = new Map();
    const [client, served] = connectedPair({ name: '', family, address });
    const channel = new Datagrams(served, map);
    client.send('some');
    await passesUntil(way, () => channel.got.length === 1, map);
    expect(channel.got[0]?.[0]).toBe('some');
    client.close();
    await passesUntil(way, () => channel.closes > 0, map);
    expect(channel.closes).toBe(1);
  });
});

test('what one destination refuses is thrown, and closes nothing', () => {
  const map = new Map();
  const path = temporaryPath();
  const [channel, peer] = [new Datagrams(null, map), new Socket(AF_UNIX, SOCK_DGRAM)];
  channel.createSocket(AF_UNIX, SOCK_DGRAM);
  expect(() => channel.sendto('x', path)).toThrow(expect.objectContaining({ code: 'ENOENT' }));
  peer.bind(path);
  peer.shutdown(SHUT_RD);
  // On a stream, EPIPE tells that the channel has ended.
  expect(() => channel.sendto('x', path)).toThrow(expect.objectContaining({ code: 'EPIPE' }));
  peer.close();
  expect(() => channel.sendto('x', path)).toThrow(expect.objectContaining({ code: 'ECONNREFUSED' }));
  expect(() => channel.sendto('x'.repeat(1 << 20), path)).toThrow(expect.objectContaining({ code: 'EMSGSIZE' }));
  expect(channel.closes).toBe(0);
  expect(map.size).toBe(1);
  channel.close();
});

test('0 when the system takes none now', () => {
  const channel = new Datagrams(null, new Map());
  const peer = new Socket(AF_UNIX, SOCK_DGRAM);
  const path = temporaryPath();
  peer.bind(path);
  channel.createSocket(AF_UNIX, SOCK_DGRAM);
  let last = 1;
  for (let i = 0; i < 10_000 && last === 1; i++) last = channel.sendto('x', path);
  expect(last).toBe(0);
  peer.recv(1);
  expect(channel.sendto('x', path)).toBe(1);
  channel.close();
  peer.close();
});

test('a file has no datagrams and no addresses', () => {
  const [reader, writer] = pipe();
  const file = new FileDispatcher(reader, new Map());
  for (const call of [
    () => file.sendto('x', 'path'),
    () => file.recvfrom(1),
    () => file.recvfromInto(Buffer.alloc(1)),
    () => file.getsockname(),
    () => file.getpeername(),
  ]) {
    expect(thrownBy(call)).toMatchObject({ code: 'ERR_NOT_A_SOCKET' });
  }
  expect([file.localAddress, file.remoteAddress]).toEqual([null, null]);
  for (const each of [file, reader, writer]) each.close();
});

test('a channel knows its map, its address and its peer', () => {
  const map = new Map();
  const [client, served] = connectedPair({ name: '', family: 2, address: () => ['127.0.0.1', 0] });
  const channel = new Dispatcher(served, map);
  expect(channel.map).toBe(map);
  expect(channel.localAddress).toEqual(client.getpeername());
  expect(channel.remoteAddress).toEqual(client.getsockname());
  expect([channel.getsockname(), channel.getpeername()]).toEqual([channel.localAddress, channel.remoteAddress]);
  channel.close();
  expect([channel.localAddress, channel.remoteAddress]).toEqual([null, null]);
  expect(() => channel.getsockname()).toThrow(expect.objectContaining({ code: 'EBADF' }));
  const empty = new Dispatcher(null, map);
  expect([empty.localAddress, empty.remoteAddress]).toEqual([null, null]);
  empty.createSocket();
  expect(empty.remoteAddress).toBeNull();
  expect(() => empty.getpeername()).toThrow(expect.objectContaining({ code: 'ENOTCONN' }));
  empty.close();
  client.close();
});

test('Python is the other side', async () => {
  const map = new Map();
  class Upper extends Dispatcher {
    override writable() {
      return false;
    }
    override handleRead() {
      const [data, sender] = this.recvfrom(100);
      this.sendto(data.toString().toUpperCase(), sender);
      this.close();
    }
  }
  const server = new Upper(null, map);
  server.createSocket(2, SOCK_DGRAM);
  server.bind(['127.0.0.1', 0]);
  const script = `import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.sendto(b'hello', ('127.0.0.1', int(sys.argv[1])))
print(s.recv(100))`;
  const [{ stdout }] = await Promise.all([
    runCommand('python3', ['-c', script, String(server.getsockname()[1])]),
    loop({ map }),
  ]);
  expect(stdout).toBe("b'HELLO'\n");
});
