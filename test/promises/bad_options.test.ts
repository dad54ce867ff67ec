// Options of waits, iterations and streams that cannot be used leave everything as it was, and what somebody
// added to Object.prototype is none.
import dns from 'node:dns';
import { syncBuiltinESMExports } from 'node:module';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { type ChannelMap, closeAll, createConnection, createServer, Dispatcher, loop, poll } from '../../lib/index.ts';
import { chunks, lines, sockConnect, sockRecv, waitReadable } from '../../lib/promises.ts';
import { AF_INET, Socket, socketpair } from '../../lib/socket.ts';
import { toDuplex, toReadable, toWritable } from '../../lib/stream.ts';
import { openpty, windowSize } from '../../lib/tty.ts';
import { openDescriptors } from '../support/descriptors.ts';
import { thrownBy } from '../support/failure.ts';

function pair(): [Socket, Socket] {
  const both = socketpair();
  onTestFinished(() => {
    for (const sock of both) sock.close();
  });
  return both;
}

/** Signals to which nobody can listen. */
const SIGNALS: [what: string, signal: unknown][] = [
  ['a number', 5],
  ['an object that is none', {}],
  ['one without addEventListener()', { aborted: false }],
  ['one whose addEventListener is no function', { aborted: false, addEventListener: 1, removeEventListener() {} }],
  ['one without removeEventListener()', { aborted: false, addEventListener() {} }],
];

describe.each(SIGNALS)('a signal that is %s', (_what, signal) => {
  test('leaves no wait behind', async () => {
    const [sock, peer] = pair();
    const thrown: unknown[] = [];
    const hear = (error: unknown) => thrown.push(error);
    process.on('uncaughtException', hear);
    await expect(Reflect.apply(waitReadable, undefined, [sock, { signal }])).rejects.toThrow(TypeError);
    peer.send('x');
    await waitReadable(sock);
    await new Promise(setImmediate);
    process.off('uncaughtException', hear);
    expect(thrown).toEqual([]);
  });

  test.each([toDuplex, toReadable, toWritable])('leaves a channel its handlers', async (make) => {
    const [sock, peer] = pair();
    const map: ChannelMap = new Map();
    let received = '';
    class Reader extends Dispatcher {
      override writable() {
        return false;
      }
      override handleRead() {
        received += this.recv(10);
      }
    }
    const channel = new Reader(sock, map);
    const before = openDescriptors().size;
    for (const source of [channel, peer, peer.fileno()]) {
      expect(thrownBy(() => Reflect.apply(make, undefined, [source, { signal }]))).toBeInstanceOf(TypeError);
    }
    expect(openDescriptors().size).toBe(before);
    peer.send('hello');
    await poll(5, map);
    expect(received).toBe('hello');
    channel.close();
  });
});

test('a signal whose addEventListener() throws leaves no wait behind', async () => {
  const [sock, peer] = pair();
  const thrown: unknown[] = [];
  const hear = (error: unknown) => thrown.push(error);
  process.on('uncaughtException', hear);
  const signal = {
    aborted: false,
    addEventListener() {
      throw new Error('mine');
    },
    removeEventListener() {},
  };
  await expect(Reflect.apply(waitReadable, undefined, [sock, { signal }])).rejects.toThrow('mine');
  peer.send('x');
  await waitReadable(sock);
  await new Promise(setImmediate);
  process.off('uncaughtException', hear);
  expect(thrown).toEqual([]);
});

test('a signal whose removeEventListener() throws keeps nothing from ending, and is an uncaught error', async () => {
  const [sock, peer] = pair();
  const thrown: string[] = [];
  const hear = ({ message }: Error) => thrown.push(message);
  process.on('uncaughtException', hear);
  const signal = {
    aborted: false,
    addEventListener() {},
    removeEventListener() {
      throw new Error('mine');
    },
  };
  peer.send('x');
  await Reflect.apply(waitReadable, undefined, [sock, { signal }]);
  const late = Reflect.apply(waitReadable, undefined, [peer, { signal, timeout: 0.01 }]);
  await expect(late).rejects.toMatchObject({ code: 'ETIMEDOUT' });
  const map: ChannelMap = new Map();
  new Dispatcher(sock, map);
  await Reflect.apply(loop, undefined, [{ map, signal, count: 1 }]);
  const { socket } = createServer(['127.0.0.1', 0], { map }, (each) => each.close());
  const connection = await Reflect.apply(createConnection, undefined, [socket.getsockname(), { signal }]);
  connection.close();
  closeAll(map);
  await new Promise(setImmediate);
  process.off('uncaughtException', hear);
  expect(new Set(thrown)).toEqual(new Set(['mine']));
});

test.each(SIGNALS)('loop() and createConnection() refuse a signal that is %s', async (_what, signal) => {
  const refused = { code: 'ERR_INVALID_ARG_TYPE' };
  await expect(Reflect.apply(loop, undefined, [{ map: new Map(), signal }])).rejects.toMatchObject(refused);
  await expect(Reflect.apply(createConnection, undefined, [['127.0.0.1', 1], { signal }])).rejects.toMatchObject(
    refused,
  );
});

test('a signal that is aborted while the first attempt is made ends the wait', async () => {
  const [sock] = pair();
  const controller = new AbortController();
  const transport = {
    fileno: () => sock.fileno(),
    setBlocking() {},
    recv(size: number): Buffer {
      controller.abort();
      return sock.recv(size);
    },
    send: () => 0,
    close: () => sock.close(),
  };
  const limits = { signal: controller.signal, timeout: 5 };
  await expect(Reflect.apply(sockRecv, undefined, [transport, 1, limits])).rejects.toMatchObject({ code: 'ABORT_ERR' });
  const [other] = pair();
  const second = new AbortController();
  const slow = {
    ...transport,
    fileno: () => other.fileno(),
    recv(size: number): Buffer {
      second.abort();
      return other.recv(size);
    },
  };
  const iteration: AsyncGenerator = Reflect.apply(chunks, undefined, [slow, { signal: second.signal, timeout: 5 }]);
  await expect(iteration.next()).rejects.toMatchObject({ code: 'ABORT_ERR' });
});

test('sockConnect() looks no name up with a signal that is aborted, or cannot be listened to', async () => {
  const sock = new Socket(AF_INET);
  const { lookup } = dns;
  onTestFinished(() => {
    sock.close();
    Reflect.set(dns, 'lookup', lookup);
    syncBuiltinESMExports();
  });
  // Nobody would hear of its rejection, which ends the process.
  const looked = vi.fn();
  Reflect.set(dns, 'lookup', looked);
  syncBuiltinESMExports();
  const signals = [
    AbortSignal.abort(),
    {
      aborted: false,
      addEventListener() {
        throw new Error('mine');
      },
      removeEventListener() {},
    },
  ];
  for (const signal of signals) {
    const connecting = Reflect.apply(sockConnect, undefined, [sock, ['no.such.host.invalid', 80], { signal }]);
    await expect(connecting).rejects.toThrow();
  }
  expect(looked).not.toHaveBeenCalled();
});

test('a signal whose reason cannot be had, or that calls its listeners at once, ends what waits', async () => {
  const [sock] = pair();
  let abort = () => {};
  const signal = {
    aborted: false,
    get reason() {
      throw new Error('mine');
    },
    addEventListener(_: string, listener: () => void) {
      abort = listener;
    },
    removeEventListener() {},
  };
  const wait = Reflect.apply(waitReadable, undefined, [sock, { signal, timeout: 5 }]);
  abort();
  await expect(wait).rejects.toMatchObject({ code: 'ABORT_ERR' });
  const end = Reflect.apply(loop, undefined, [{ map: new Map(), keepAlive: true, signal }]);
  abort();
  await expect(end).rejects.toThrow('mine');

  const hasty = {
    aborted: false,
    reason: 'hasty',
    addEventListener: (_: string, listener: () => void) => listener(),
    removeEventListener() {},
  };
  const options = { signal: hasty, timeout: 5 };
  const aborted = { code: 'ABORT_ERR', cause: 'hasty' };
  await expect(Reflect.apply(waitReadable, undefined, [sock, options])).rejects.toMatchObject(aborted);
  await expect(Reflect.apply(sockRecv, undefined, [sock, 1, options])).rejects.toMatchObject(aborted);
  const map: ChannelMap = new Map();
  await expect(Reflect.apply(loop, undefined, [{ map, keepAlive: true, signal: hasty }])).rejects.toBe('hasty');
  // It is not running any more.
  await loop({ map });
  const iteration: AsyncGenerator = Reflect.apply(chunks, undefined, [sock, options]);
  await expect(iteration.next()).rejects.toMatchObject(aborted);
});

/** Adds properties to Object.prototype until the test is over. */
function pollute(properties: Record<string, unknown>): void {
  for (const [name, value] of Object.entries(properties)) {
    Reflect.defineProperty(Object.prototype, name, Object.assign(Object.create(null), { value, configurable: true }));
  }
  onTestFinished(() => {
    for (const name of Object.keys(properties)) Reflect.deleteProperty(Object.prototype, name);
  });
}

test('properties of Object.prototype are no options of an iteration', async () => {
  const [sock, peer] = pair();
  const [other, end] = pair();
  for (const each of [peer, end]) {
    each.send('one\ntwo');
    each.close();
  }
  const found: string[] = [];
  pollute({ size: 1, keepOpen: true, maxLength: 1, separator: 'w', encoding: 'hex' });
  for await (const line of lines(sock)) found.push(line);
  for await (const piece of chunks(other)) {
    found.push(`${piece}`);
    break;
  }
  expect(found).toEqual(['one', 'two', 'one\ntwo']);
  expect([sock.fileno(), other.fileno()]).toEqual([-1, -1]);
});

test('properties of Object.prototype are no part of the size of a window', () => {
  const [master, slave] = openpty();
  pollute({ width: 77, height: 1e9 });
  const size = windowSize(master, { rows: 3, columns: 4 });
  for (const each of [master, slave]) each.close();
  expect(Object.entries(size).flat()).toEqual(['rows', 3, 'columns', 4, 'width', 0, 'height', 0]);
});
