// From connect() to handleConnect() (docs/behaviour.md, sections A7 and A9). Unlike in CPython, a
// refused connect never becomes `connected` and is reported once, and close() inside handleConnect
// holds.
import { expect, test } from 'vitest';
import type { ChannelMap } from '../../lib/index.ts';
import { type Address, AF_UNIX, SOCK_DGRAM, Socket } from '../../lib/socket.ts';
import { FAMILIES, type Family, passesUntil, temporaryPath, WAYS } from '../support/matrix.ts';
import { listening } from '../support/pair.ts';
import { Recorder, type RecorderOptions } from '../support/recorder.ts';

const STREAMS = FAMILIES.filter(({ name }) => name !== 'unix');
const [INET] = STREAMS;
if (INET === undefined) throw new Error('no family');

function unconnected(family: number, options: RecorderOptions = {}, type?: number): Recorder {
  const channel = new Recorder({ map: new Map(), write: true, ...options });
  channel.createSocket(family, type);
  return channel;
}

/** An address at which nobody listens. */
function deserted({ family, address }: Family): Address {
  const sock = new Socket(family);
  sock.bind(address());
  const there = sock.getsockname();
  sock.close();
  return there;
}

const stateOf = ({ connected, connecting, accepting, addr }: Recorder) => ({ connected, connecting, accepting, addr });

for (const family of STREAMS) {
  test(`a connect in progress sets connecting and the address, and calls no handler yet (${family.name})`, () => {
    const listener = listening(family);
    const channel = unconnected(family.family);
    const addr = listener.getsockname();
    channel.connected = true;
    channel.connect(addr);
    expect(stateOf(channel)).toEqual({ connected: false, connecting: true, accepting: false, addr });
    expect(channel.calls).toEqual([]);
    channel.close();
    listener.close();
  });
}

for (const way of WAYS) {
  for (const family of STREAMS) {
    const id = `${family.name}, ${way.name}`;
    const until = (channel: Recorder, call: string, map: ChannelMap) =>
      passesUntil(way, () => channel.calls.includes(call), map);

    test(`a write event completes a connect: handleConnect, then handleWrite (${id})`, async () => {
      const map: ChannelMap = new Map();
      const listener = listening(family);
      const during: unknown[] = [];
      const channel = unconnected(family.family, { map, on: { connect: (self) => during.push(stateOf(self)) } });
      const addr = listener.getsockname();
      channel.connect(addr);
      await until(channel, 'write', map);
      expect(channel.calls).toEqual(['connect', 'write']);
      // Inside handleConnect it is not connected yet.
      expect(during).toEqual([{ connected: false, connecting: true, accepting: false, addr }]);
      expect(stateOf(channel)).toEqual({ connected: true, connecting: false, accepting: false, addr });
      channel.close();
      listener.close();
    });

    test(`a read event completes a connect, too, when the server speaks first (${id})`, async () => {
      const map: ChannelMap = new Map();
      const listener = listening(family);
      const channel = unconnected(family.family, { map });
      channel.connect(listener.getsockname());
      const [served] = listener.accept();
      served.send('hello');
      await way.passes(1, 1, map);
      expect(channel.calls).toEqual(['connect', 'read', 'write']);
      for (const one of [channel, served, listener]) one.close();
    });

    test(`with writable() false, a connect to a silent server never completes (${id})`, async () => {
      const map: ChannelMap = new Map();
      const listener = listening(family);
      const channel = unconnected(family.family, { map, write: false });
      channel.connect(listener.getsockname());
      const [served] = listener.accept();
      await way.passes(3, 0.01, map);
      expect(channel.calls).toEqual([]);
      expect(channel.connected).toBe(false);
      served.send('x');
      await way.passes(1, 1, map);
      expect(channel.calls).toEqual(['connect', 'read']);
      for (const one of [channel, served, listener]) one.close();
    });

    test(`a refused connect goes to handleError, with the address that refused (${id})`, async () => {
      const map: ChannelMap = new Map();
      const there = deserted(family);
      const channel = unconnected(family.family, { map });
      channel.connect(there);
      await passesUntil(way, () => map.size === 0, map);
      expect(channel.calls).toEqual(['error ECONNREFUSED']);
      const [address, port] = there;
      expect(channel.errors).toEqual([expect.objectContaining({ syscall: 'connect', address, port })]);
    });

    test(`a refused connect is reported once, and never becomes connected (${id})`, async () => {
      const map: ChannelMap = new Map();
      const channel = unconnected(family.family, { map, on: { error: () => {} } });
      channel.connect(deserted(family));
      await until(channel, 'error ECONNREFUSED', map);
      await way.passes(5, 0.01, map);
      expect(channel.calls).toEqual(['error ECONNREFUSED']);
      expect([channel.connected, channel.connecting]).toEqual([false, false]);
      // The same channel may try again.
      const listener = listening(family);
      channel.connect(listener.getsockname());
      await until(channel, 'write', map);
      expect(channel.calls).toEqual(['error ECONNREFUSED', 'connect', 'write']);
      channel.close();
      listener.close();
    });

    test(`a refused connect never becomes connected even if something else has read, and so cleared, the error (${id})`, async () => {
      const map: ChannelMap = new Map();
      const channel = unconnected(family.family, { map, on: { error: () => {}, close: () => {} } });
      channel.connect(deserted(family));
      channel.handleExptEvent();
      expect(channel.calls).toEqual(['close']);
      await way.passes(5, 0.01, map);
      expect(channel.calls.filter((call) => call === 'connect' || call === 'write')).toEqual([]);
      expect(channel.connected).toBe(false);
      channel.close();
    });

    test(`close() inside handleConnect holds (${id})`, async () => {
      const map: ChannelMap = new Map();
      const listener = listening(family);
      const channel = unconnected(family.family, { map, on: { connect: (self) => self.close() } });
      channel.connect(listener.getsockname());
      await passesUntil(way, () => map.size === 0, map);
      expect(channel.calls).toEqual(['connect']);
      expect(stateOf(channel)).toMatchObject({ connected: false, connecting: false });
      expect(channel.fileno()).toBe(-1);
      listener.close();
    });

    test(`a handleConnect that throws is called again in every pass, unless handleError closes (${id})`, async () => {
      const boom = () => {
        throw new Error('boom');
      };
      const map: ChannelMap = new Map();
      const listener = listening(family);
      const channel = unconnected(family.family, { map, on: { connect: boom, error: () => {} } });
      channel.connect(listener.getsockname());
      await way.passes(3, 1, map);
      expect(channel.calls).toEqual(Array(3).fill(['connect', 'error boom']).flat());
      expect(stateOf(channel)).toMatchObject({ connected: false, connecting: true });
      channel.close();
      listener.close();
    });

    test(`connect() on a connected channel is EISCONN, and calls handleConnect again (${id})`, async () => {
      const map: ChannelMap = new Map();
      const listener = listening(family);
      const channel = unconnected(family.family, { map });
      const addr = listener.getsockname();
      channel.connect(addr);
      await until(channel, 'write', map);
      channel.calls.length = 0;
      channel.connect(addr);
      expect(channel.calls).toEqual(['connect']);
      expect(stateOf(channel)).toMatchObject({ connected: true, connecting: false, addr });
      channel.close();
      listener.close();
    });
  }
}

test('a UNIX socket is connected at once: handleConnect runs before connect() returns', () => {
  const listener = listening({ family: AF_UNIX, address: temporaryPath });
  const channel = unconnected(AF_UNIX);
  channel.connect(listener.getsockname());
  expect(channel.calls).toEqual(['connect']);
  expect(stateOf(channel)).toMatchObject({ connected: true, connecting: false, addr: listener.getsockname() });
  channel.close();
  listener.close();
});

test('what handleConnect throws inside connect() reaches the caller', () => {
  const boom = () => {
    throw new Error('boom');
  };
  const listener = listening({ family: AF_UNIX, address: temporaryPath });
  const channel = unconnected(AF_UNIX, { on: { connect: boom } });
  expect(() => channel.connect(listener.getsockname())).toThrow('boom');
  expect(channel.errors).toEqual([]);
  expect(stateOf(channel)).toMatchObject({ connected: false, connecting: true });
  channel.close();
  listener.close();
});

test('close() inside a handleConnect that connect() itself calls holds, too', () => {
  const listener = listening({ family: AF_UNIX, address: temporaryPath });
  const channel = unconnected(AF_UNIX, { on: { connect: (self) => self.close() } });
  channel.connect(listener.getsockname());
  expect(stateOf(channel)).toMatchObject({ connected: false, connecting: false });
  listener.close();
});

test('a refusal that is known at once is thrown; the channel stays in the map and is not connecting', () => {
  const map: ChannelMap = new Map();
  const path = temporaryPath();
  const channel = unconnected(AF_UNIX, { map });
  const failure = { code: 'ENOENT', syscall: 'connect', address: path };
  expect(() => channel.connect(path)).toThrow(expect.objectContaining(failure));
  expect(stateOf(channel)).toEqual({ connected: false, connecting: false, accepting: false, addr: null });
  expect([...map.values()]).toEqual([channel]);
  expect([channel.calls, channel.errors]).toEqual([[], []]);
  channel.close();
});

for (const { name, family, address } of FAMILIES) {
  test(`datagram sockets bind, connect at once, send and receive (${name})`, () => {
    const one = unconnected(family, {}, SOCK_DGRAM);
    const other = unconnected(family, {}, SOCK_DGRAM);
    one.bind(address());
    other.bind(address());
    one.connect(other.socket?.getsockname() ?? '');
    expect(one.calls).toEqual(['connect']);
    expect(one.connected).toBe(true);
    one.send('x');
    expect(`${other.recv(10)}`).toBe('x');
    other.socket?.sendto('y', one.socket?.getsockname() ?? '');
    expect(`${one.recv(10)}`).toBe('y');
    one.close();
    other.close();
  });
}
