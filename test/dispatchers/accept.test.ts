// Accepting connections (docs/behaviour.md, sections A7, A9 and A10). Unlike in CPython, the default
// handleAccept takes every pending connection, up to 64.
import { expect, test } from 'vitest';
import { type ChannelMap, Dispatcher } from '../../lib/index.ts';
import { Socket } from '../../lib/socket.ts';
import { systemFailure } from '../support/failure.ts';
import { FAMILIES, type Family, passesUntil, WAYS } from '../support/matrix.ts';
import { reset } from '../support/pair.ts';
import { Recorder, type RecorderOptions } from '../support/recorder.ts';

function listener(family: Family, options: RecorderOptions = {}): Recorder {
  const channel = new Recorder({ map: new Map(), ...options });
  channel.createSocket(family.family);
  channel.bind(family.address());
  channel.listen(200);
  return channel;
}

function clients(channel: Recorder, count: number): Socket[] {
  const address = channel.socket?.getsockname() ?? '';
  return Array.from({ length: count }, () => {
    const sock = new Socket(channel.socket?.family);
    sock.connectEx(address);
    return sock;
  });
}

function closeAll(channel: Recorder, others: Iterable<Socket>): void {
  channel.close();
  for (const [sock] of channel.accepted) sock.close();
  for (const sock of others) sock.close();
}

for (const family of FAMILIES) {
  test(`accept() returns the connection, non-blocking from the start, and its address (${family.name})`, () => {
    const channel = listener(family);
    expect(channel.accept()).toBeNull();
    const [client] = clients(channel, 1);
    const [sock, address] = channel.accept() ?? [];
    expect(sock).toBeInstanceOf(Socket);
    expect(sock?.getBlocking()).toBe(false);
    expect(address).toEqual(family.name === 'unix' ? '' : client?.getsockname());
    expect(channel.accept()).toBeNull();
    sock?.close();
    closeAll(channel, client === undefined ? [] : [client]);
  });

  for (const way of WAYS) {
    const id = `${family.name}, ${way.name}`;

    test(`all pending connections are accepted in one pass, up to 64 (${id})`, async () => {
      const map: ChannelMap = new Map();
      const channel = listener(family, { map });
      const some = clients(channel, 3);
      await way.passes(1, 1, map);
      expect(channel.calls).toEqual(['accepted', 'accepted', 'accepted']);
      const many = clients(channel, 70);
      await way.passes(1, 1, map);
      expect(channel.calls.length).toBe(3 + 64);
      await way.passes(1, 1, map);
      expect(channel.calls.length).toBe(3 + 70);
      const addresses = channel.accepted.map(([, address]) => address);
      const expected = [...some, ...many].map((sock) => (family.name === 'unix' ? '' : sock.getsockname()));
      expect(addresses).toEqual(expected);
      closeAll(channel, [...some, ...many]);
    });

    test(`a read event of a listener calls handleAccept and nothing else (${id})`, async () => {
      const map: ChannelMap = new Map();
      const channel = listener(family, { map, write: true, on: { accept: () => {} } });
      const sockets = clients(channel, 1);
      await way.passes(2, 1, map);
      expect(channel.calls).toEqual(['accept', 'accept']);
      channel.handleWriteEvent();
      expect(channel.calls.length).toBe(2);
      closeAll(channel, sockets);
    });

    test(`the default handleAccepted closes the connection, so that the client sees the end (${id})`, async () => {
      const map: ChannelMap = new Map();
      const channel = new Dispatcher(null, map);
      channel.createSocket(family.family);
      channel.bind(family.address());
      channel.listen(5);
      const client = new Recorder({ map, on: { read: (self) => self.recv(10) } });
      client.createSocket(family.family);
      client.connect(channel.socket?.getsockname() ?? '');
      await passesUntil(way, () => client.calls.includes('close'), map);
      expect(client.calls).toEqual(expect.arrayContaining(['connect', 'read', 'close']));
      expect([...map.values()]).toEqual([channel]);
      channel.close();
    });
  }
}

for (const way of WAYS) {
  const [inet] = FAMILIES;
  if (inet === undefined) throw new Error('no family');

  test(`a client that resets its connection at once does no harm (${way.name})`, async () => {
    const map: ChannelMap = new Map();
    const served: Recorder[] = [];
    const serve = (self: Recorder) => {
      const [sock] = self.accepted.at(-1) ?? [];
      if (sock !== undefined) served.push(new Recorder({ sock, map, on: { read: (one) => one.recv(10) } }));
    };
    const channel = listener(inet, { map, on: { accepted: serve } });
    for (let i = 0; i < 10; i++) {
      for (const sock of clients(channel, 3)) reset(sock);
      await way.passes(1, 0.01, map);
    }
    const [last] = clients(channel, 1);
    await passesUntil(way, () => map.size === 2, map);
    expect(channel.errors).toEqual([]);
    expect([...map.values()].length).toBe(2);
    last?.close();
    await passesUntil(way, () => map.size === 1, map);
    for (const one of served) expect(one.calls.filter((call) => call === 'close').length).toBe(1);
    closeAll(channel, []);
  });

  test(`a listener that closes itself in handleAccepted accepts no more (${way.name})`, async () => {
    const map: ChannelMap = new Map();
    const channel = listener(inet, { map, on: { accepted: (self) => self.close() } });
    const sockets = clients(channel, 3);
    await way.passes(1, 1, map);
    expect(channel.calls).toEqual(['accepted']);
    closeAll(channel, sockets);
  });

  test(`a connection whose handleAccepted throws is closed, and the error is reported (${way.name})`, async () => {
    const map: ChannelMap = new Map();
    const boom = () => {
      throw new Error('boom');
    };
    const channel = listener(inet, { map, on: { accepted: boom, error: () => {} } });
    const sockets = clients(channel, 2);
    await way.passes(2, 1, map);
    expect(channel.calls).toEqual(['accepted', 'error boom', 'accepted', 'error boom']);
    expect(channel.accepted.map(([sock]) => sock.fileno())).toEqual([-1, -1]);
    closeAll(channel, sockets);
  });

  test(`a connection that a channel has taken before handleAccepted throws stays open (${way.name})`, async () => {
    const map: ChannelMap = new Map();
    const taker = new Dispatcher(null, new Map());
    const takes = () => {
      const [sock] = channel.accepted.at(-1) ?? expect.fail();
      taker.setSocket(sock);
      throw new Error('boom');
    };
    const channel = listener(inet, { map, on: { accepted: takes, error: () => {} } });
    const sockets = clients(channel, 1);
    await way.passes(1, 1, map);
    expect(channel.calls).toEqual(['accepted', 'error boom']);
    expect(taker.socket?.fileno()).toBeGreaterThanOrEqual(0);
    taker.close();
    closeAll(channel, sockets);
  });
}

test('accept() returns null for connections that are already gone', () => {
  for (const name of ['EAGAIN', 'ECONNABORTED', 'EPROTO', 'ENETDOWN', 'EHOSTUNREACH']) {
    const channel = new Dispatcher(null, new Map());
    channel.createSocket();
    const { socket } = channel;
    if (socket !== null) {
      socket.accept = () => {
        throw systemFailure(name, 'accept');
      };
    }
    expect(channel.accept(), name).toBeNull();
    channel.close();
  }
});

test('accept() throws other errors of accept(2)', () => {
  const channel = new Dispatcher(null, new Map());
  channel.createSocket();
  expect(() => channel.accept()).toThrow(expect.objectContaining({ code: 'EINVAL', syscall: 'accept' }));
  channel.close();
});
