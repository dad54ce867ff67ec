// connect() to a host name: it is resolved with Node's dns.lookup, without blocking, and the channel
// is not polled until then. The resolver is replaced by one that answers when a test says so.
import dns, { type LookupOneOptions } from 'node:dns';
import { syncBuiltinESMExports } from 'node:module';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ChannelMap, ExitNow, loop } from '../../lib/index.ts';
import { AF_INET, SOCK_DGRAM } from '../../lib/socket.ts';
import { FAMILIES, type Family, passesUntil, WAYS } from '../support/matrix.ts';
import { listening } from '../support/pair.ts';
import { Recorder, type RecorderOptions } from '../support/recorder.ts';

type Answer = (error: Error | null, address: string) => void;

const asked: { host: string; options: LookupOneOptions; answer: Answer }[] = [];
const { lookup } = dns;
const NOT_FOUND = Object.assign(new Error('getaddrinfo ENOTFOUND host.test'), { code: 'ENOTFOUND', errno: -3008 });

function resolveWith(resolver: unknown): void {
  Reflect.set(dns, 'lookup', resolver);
  syncBuiltinESMExports();
}

beforeAll(() =>
  resolveWith((host: string, options: LookupOneOptions, answer: Answer) => asked.push({ host, options, answer })),
);

afterAll(() => resolveWith(lookup));

const STREAMS = FAMILIES.filter(({ name }) => name !== 'unix');

/** The question that was asked last. */
function question() {
  const last = asked.at(-1);
  if (last === undefined) throw new Error('nothing was asked');
  return last;
}

/** A channel that connects to a listener by a name, and the answer that is right. */
function connecting({ family, address }: Family, options: RecorderOptions = {}) {
  const listener = listening({ family, address });
  const there = listener.getsockname();
  if (!Array.isArray(there)) throw new Error('no port');
  const [ip, port] = there;
  const channel = new Recorder({ write: true, ...options });
  channel.createSocket(family);
  channel.connect(['host.test', port]);
  const close = () => {
    channel.close();
    listener.close();
  };
  return { channel, ip, port, close };
}

for (const way of WAYS) {
  for (const family of STREAMS) {
    const id = `${family.name}, ${way.name}`;

    test(`a name is resolved while the loop goes on, and then connected to (${id})`, async () => {
      const map: ChannelMap = new Map();
      const { channel, ip, port, close } = connecting(family, { map });
      expect([channel.connected, channel.connecting, channel.addr]).toEqual([false, true, ['host.test', port]]);
      // Not polled until there is an answer: Linux would report such a socket as hung up.
      await way.passes(3, 0.01, map);
      expect(channel.calls).toEqual([]);
      const { host, options, answer } = question();
      expect([host, options.family]).toEqual(['host.test', family.name === 'inet6' ? 6 : 4]);
      answer(null, ip);
      await passesUntil(way, () => channel.calls.includes('write'), map);
      expect(channel.calls).toEqual(['connect', 'write']);
      expect([channel.connected, channel.addr]).toEqual([true, ['host.test', port]]);
      close();
    });

    test(`a name that is not found goes to handleError, once (${id})`, async () => {
      const map: ChannelMap = new Map();
      const { channel, close } = connecting(family, { map, on: { error: () => {} } });
      question().answer(NOT_FOUND, '');
      await way.passes(2, 0.01, map);
      expect(channel.errors).toEqual([NOT_FOUND]);
      expect([channel.connected, channel.connecting]).toEqual([false, false]);
      expect(channel.calls.length).toBe(1);
      close();
    });

    test(`an answer from the resolver that is no longer wanted changes nothing (${id})`, async () => {
      const map: ChannelMap = new Map();
      const { channel, ip, close } = connecting(family, { map });
      const { answer } = question();
      channel.close();
      answer(null, ip);
      answer(NOT_FOUND, '');
      await way.passes(1, 0.01, map);
      expect(channel.calls).toEqual([]);
      // Nor does that of the first connect() when a second one has been asked for.
      channel.createSocket(family.family);
      channel.connect(['first.test', 1]);
      const first = question();
      channel.connect(['second.test', 2]);
      first.answer(NOT_FOUND, '');
      expect(channel.errors).toEqual([]);
      expect(channel.connecting).toBe(true);
      close();
    });
  }
}

for (const way of WAYS) {
  test(`a datagram socket is not polled until its name is resolved, either (${way.name})`, async () => {
    const map: ChannelMap = new Map();
    const channel = new Recorder({ map, write: true });
    channel.createSocket(AF_INET, SOCK_DGRAM);
    channel.connect(['host.test', 9]);
    await way.passes(2, 0.01, map);
    expect(channel.calls).toEqual([]);
    question().answer(null, '127.0.0.1');
    await way.passes(1, 1, map);
    expect(channel.calls).toEqual(['connect', 'write']);
    channel.close();
  });
}

for (const family of STREAMS) {
  test(`an answer from the resolver wakes a waiting loop (${family.name})`, async () => {
    const map: ChannelMap = new Map();
    const { channel, ip, close } = connecting(family, { map, on: { write: (self) => self.close() } });
    const end = loop({ map, timeout: null });
    setTimeout(() => question().answer(null, ip), 20);
    await end;
    expect(channel.calls).toEqual(['connect', 'write']);
    close();
  });

  test(`what handleError throws after a failed look-up ends the loop (${family.name})`, async () => {
    const map: ChannelMap = new Map();
    const exit = () => {
      throw new ExitNow('no such host');
    };
    const { close } = connecting(family, { map, on: { error: exit } });
    const end = loop({ map, timeout: null });
    setTimeout(() => question().answer(NOT_FOUND, ''), 20);
    await expect(end).rejects.toThrow('no such host');
    close();
  });

  test(`addresses, the empty name and localhost need no resolver (${family.name})`, async () => {
    const listener = listening(family);
    const there = listener.getsockname();
    const before = asked.length;
    for (const host of [family.name === 'inet6' ? '::1' : '127.0.0.1', 'localhost', '']) {
      const map: ChannelMap = new Map();
      const channel = new Recorder({ map, write: true });
      channel.createSocket(family.family);
      channel.connect([host, Number(there[1])]);
      for (const way of WAYS.slice(0, 1)) await passesUntil(way, () => channel.connected, map);
      channel.close();
    }
    expect(asked.length).toBe(before);
    listener.close();
  });
}

test('a malformed address is refused before the resolver is asked', () => {
  const channel = new Recorder({ map: new Map() });
  channel.createSocket();
  const before = asked.length;
  for (const address of [
    ['host.test'],
    ['host.test', -1],
    ['host.test', 65536],
    ['a\0b', 1],
    [5, 1],
    'host.test',
    null,
  ]) {
    expect(() => Reflect.apply(channel.connect, channel, [address])).toThrow(/^The (argument|value|"address)/);
  }
  expect(asked.length).toBe(before);
  expect(channel.connecting).toBe(false);
  channel.close();
});
