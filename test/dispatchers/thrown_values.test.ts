// Anything can be thrown, and anything can stand where a method is expected: what cannot be asked about,
// because a proxy or a getter throws, goes to the channel's handleError() like any other error.
import { expect, test } from 'vitest';
import { AsyncChat, type ChannelMap, closeAll, Dispatcher, loop } from '../../lib/index.ts';
import { type Socket, socketpair } from '../../lib/socket.ts';
import { thrownBy } from '../support/failure.ts';
import { WAYS } from '../support/matrix.ts';

function revoked(): unknown {
  const { proxy, revoke } = Proxy.revocable(new Error('revoked'), {});
  revoke();
  return proxy;
}

function refuse(): never {
  throw new Error('not to be asked');
}

const VALUES: Record<string, () => unknown> = {
  'a revoked proxy': revoked,
  'a proxy that refuses to be asked': () => new Proxy({}, { getPrototypeOf: refuse, has: refuse, get: refuse }),
  'an error whose code is a getter that throws': () =>
    Object.defineProperty(Object.assign(new Error('getter'), { errno: -1 }), 'code', { get: refuse }),
  'an object without a prototype': () => Object.create(null),
  null: () => null,
};

class Quiet extends Dispatcher {
  constructor(sock: Socket, map: ChannelMap) {
    super(sock, map);
  }
  override writable() {
    return false;
  }
  override logInfo() {}
}

for (const way of WAYS) {
  for (const [name, make] of Object.entries(VALUES)) {
    test(`${name} that a handler throws goes to handleError, whose default closes the channel (${way.name})`, async () => {
      const map: ChannelMap = new Map();
      const [sock, peer] = socketpair();
      const thrown: unknown[] = [];
      const value = make();
      class Throwing extends Quiet {
        override handleRead() {
          this.recv(10);
          throw value;
        }
        override handleError(error: unknown) {
          thrown.push(error);
          return super.handleError(error);
        }
      }
      new Throwing(sock, map);
      peer.send('x');
      await way.passes(1, 1, map);
      expect([thrown.length, thrown[0] === value, map.size]).toEqual([1, true, 0]);
      peer.close();
    });
  }
}

test.each(Object.entries(VALUES))('%s that an async handler rejects with goes to handleError', async (_, make) => {
  const map: ChannelMap = new Map();
  const [sock, peer] = socketpair();
  let errors = 0;
  class Rejecting extends Quiet {
    override async handleRead() {
      this.recv(10);
      throw make();
    }
    override handleError() {
      errors++;
      this.close();
    }
  }
  new Rejecting(sock, map);
  peer.send('x');
  await loop({ map });
  expect(errors).toBe(1);
  peer.close();
});

for (const [way, name] of WAYS.flatMap((way) => ['readable', 'exceptional'].map((name) => [way, name] as const))) {
  test(`a predicate that is a getter which throws is an error of its channel alone (${name}, ${way.name})`, async () => {
    const map: ChannelMap = new Map();
    const [[sock, peer], [other, far]] = [socketpair(), socketpair()];
    const calls: string[] = [];
    class Broken extends Quiet {
      override handleError() {
        calls.push('error');
        this.close();
      }
    }
    class Reader extends Quiet {
      override handleRead() {
        calls.push(`read ${this.recv(10)}`);
      }
    }
    const broken = new Broken(sock, map);
    Object.defineProperty(broken, name, { get: refuse });
    const reader = new Reader(other, map);
    far.send('x');
    await way.passes(1, 1, map);
    expect(calls).toEqual(['error', 'read x']);
    for (const each of [reader, peer, far]) each.close();
  });
}

for (const way of WAYS) {
  test(`a handleError() that leaves the first pass of all loses nobody for the next one (${way.name})`, async () => {
    const map: ChannelMap = new Map();
    const received: string[] = [];
    class Reader extends AsyncChat {
      override collectIncomingData(data: Buffer) {
        received.push(String(data));
      }
      override handleError(error: unknown) {
        throw error;
      }
    }
    const pairs = [socketpair(), socketpair(), socketpair()];
    const readers = pairs.map(([sock]) => new Reader(sock, map));
    for (const reader of readers) reader.setTerminator(null);
    for (const [, peer] of pairs) peer.send('x');
    Object.defineProperty(readers[0], 'connected', { configurable: true, get: refuse });
    await expect(way.passes(1, 1, map)).rejects.toThrow('not to be asked');
    Reflect.deleteProperty(readers[0] ?? {}, 'connected');
    await way.passes(1, 1, map);
    expect(received).toEqual(['x', 'x', 'x']);
    closeAll(map);
    for (const [, peer] of pairs) peer.close();
  });
}

test('a map that cannot be heard serves nobody, and its channels can be closed', async () => {
  const [sock, peer] = socketpair();
  const channel = new Quiet(sock, new Map());
  const map: ChannelMap = Object.freeze(new Map([[channel.fileno(), channel]]));
  await expect(loop({ map, count: 1 })).rejects.toThrow(TypeError);
  channel.close();
  peer.close();
});

test.each([null, undefined, 'text', 5])(
  '%s is no channel: a map that is heard refuses it, and serves the others',
  async (value) => {
    const map: ChannelMap = new Map();
    await loop({ map });
    const [sock, peer] = socketpair();
    const channel = new Quiet(sock, map);
    const refusal = { code: 'ERR_INVALID_ARG_TYPE', message: expect.stringContaining('"channel"') };
    expect(thrownBy(() => Reflect.apply(map.set, map, [1000, value]))).toEqual(expect.objectContaining(refusal));
    expect(map.size).toBe(1);
    channel.close();
    // Nothing is left that a loop would wait for.
    await loop({ map });
    // It was there before the map was heard.
    const early = new Map<number, Quiet>();
    Reflect.apply(early.set, early, [1000, value]);
    await expect(loop({ map: early })).rejects.toMatchObject(refusal);
    early.clear();
    await loop({ map: early });
    peer.close();
  },
);

test("a channel leaves a map whose delete() is a user's own by now", () => {
  const [sock, peer] = socketpair();
  const map: ChannelMap = new Map();
  const channel = new Quiet(sock, map);
  map.delete = () => false;
  channel.close();
  expect(sock.fileno()).toBe(-1);
  closeAll(map);
  peer.close();
});

test('where intrinsics are frozen, EAGAIN is EAGAIN', () => {
  const [sock, peer] = socketpair();
  const limit = Error.stackTraceLimit;
  Object.defineProperty(Error, 'stackTraceLimit', { writable: false });
  try {
    expect(thrownBy(() => sock.recv(1))).toEqual(expect.objectContaining({ code: 'EAGAIN' }));
  } finally {
    Object.defineProperty(Error, 'stackTraceLimit', { writable: true, value: limit });
  }
  for (const each of [sock, peer]) each.close();
});
