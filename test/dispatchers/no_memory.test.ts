// When there is no memory for a copy, a queue, an input or a map stays as it was, and goes on when
// there is some again.
import { expect, test } from 'vitest';
import { ByteQueue } from '../../lib/dispatchers/byte_queue.ts';
import { Fifo } from '../../lib/dispatchers/fifo.ts';
import { type ChannelMap, DispatcherWithSend, loopSync, pollSync } from '../../lib/index.ts';
import { registration } from '../../lib/reactor/interest.ts';
import { AF_UNIX, SOCK_DGRAM, SOCK_STREAM, socketpair } from '../../lib/socket.ts';
import { RecordingChat } from '../support/chat.ts';
import { thrownBy } from '../support/failure.ts';
import { withoutMemory } from '../support/no_memory.ts';
import { Recorder } from '../support/recorder.ts';

const noMemory = expect.objectContaining({ code: 'ERR_MEMORY_ALLOCATION_FAILED' });

/** All that is in the queue, sent in pieces. */
function drained(queue: ByteQueue): string {
  let text = '';
  for (let turns = 0; queue.length > 0 && turns < 1000; turns++) {
    const piece = queue.peek(1000);
    expect(piece.length).toBeGreaterThan(0);
    text += Buffer.from(piece).toString();
    queue.skip(piece.length);
  }
  expect(queue.isEmpty).toBe(true);
  return text;
}

test.each([false, true])('a push that fails adds nothing to the queue (messages: %j)', (isMessage) => {
  for (const before of ['', 'x', 'y'.repeat(4090), 'z'.repeat(70_000)]) {
    const queue = new ByteQueue();
    if (before !== '') queue.push(Buffer.from(before), isMessage);
    const [waiting, wasEmpty] = [queue.length, queue.isEmpty];
    const large = Buffer.alloc(100_000, 'L');
    expect(thrownBy(() => withoutMemory(() => queue.push(large, isMessage)))).toEqual(noMemory);
    expect([queue.length, queue.isEmpty]).toEqual([waiting, wasEmpty]);
    queue.push(Buffer.from('after'), isMessage);
    expect(drained(queue)).toBe(`${before}after`);
  }
});

test('lent bytes that cannot be copied are removed if none was sent, and stay if some were', () => {
  let changes = 0;
  const queue = new ByteQueue({ [registration]: { changed: () => changes++, next: undefined } });
  queue.lend(Buffer.from('hello'));
  expect(thrownBy(() => withoutMemory(() => queue.keep()))).toEqual(noMemory);
  expect([queue.length, queue.isEmpty, changes]).toEqual([0, true, 0]);
  queue.lend(Buffer.from('hello'));
  queue.skip(2);
  withoutMemory(() => queue.keep());
  expect([queue.length, queue.isEmpty, changes]).toEqual([3, false, 1]);
  queue.push(Buffer.from(' world'));
  expect(drained(queue)).toBe('llo world');
});

test('bytes that an outer call has lent are not lost when an inner one finds no memory', () => {
  const queue = new ByteQueue();
  queue.lend(Buffer.from('outer '));
  const inner = Buffer.from('inner');
  expect(thrownBy(() => withoutMemory(() => queue.push(inner)))).toEqual(noMemory);
  queue.keep();
  expect(drained(queue)).toBe('outer ');
});

test.each([SOCK_STREAM, SOCK_DGRAM])('send() without memory throws, and the channel goes on (type %i)', (type) => {
  const [sock, peer] = socketpair(AF_UNIX, type);
  const channel = new DispatcherWithSend(sock, new Map());
  const { send } = sock;
  let takes = 0;
  sock.send = (data) => (takes > 0 ? send.call(sock, Buffer.from(String(data)).subarray(0, takes)) : 0);
  const data = Buffer.from('lost');
  expect(thrownBy(() => withoutMemory(() => channel.send(data)))).toEqual(noMemory);
  expect([channel.outBuffer.length, channel.writable()]).toEqual([0, false]);
  takes = 10;
  expect(channel.send('heard')).toBe(0);
  expect(peer.recv(100).toString()).toBe('heard');
  channel.close();
  peer.close();
});

test('a Fifo whose items cannot be measured stays as it was', () => {
  let changes = 0;
  const fifo = new Fifo<number>({
    changed: () => changes++,
    sizeOf(item) {
      if (item < 0) throw new Error('no size');
      return item;
    },
  });
  fifo.push(1);
  for (const change of [() => fifo.push(-1), () => fifo.unshift(-1), () => fifo.replaceFirst(-1)]) {
    expect(change).toThrow('no size');
    expect([[...fifo], fifo.size, changes]).toEqual([[1], 1, 1]);
  }
});

test.each([
  ['half of a terminator', 'a\r', '\nb\r\n', ['data:a'], ['found', 'data:b', 'found']],
  ['an endless beginning of one', 'a\r', '\r', ['data:a'], []],
])('input that cannot be joined with %s is processed when there is memory', (_what, first, second, before, after) => {
  const chat = new RecordingChat(null, new Map(), '\r\n');
  let data = Buffer.from(first);
  chat.recv = () => data;
  chat.handleRead();
  expect(chat.take()).toEqual(before);
  data = Buffer.from(second);
  expect(thrownBy(() => withoutMemory(() => chat.handleRead()))).toEqual(noMemory);
  expect(chat.take()).toEqual([]);
  expect(chat.acInBuffer.toString()).toBe(`\r${second}`);
  data = Buffer.from('c');
  chat.handleRead();
  const rest = after.length > 0 ? 'data:c' : 'data:\r\rc';
  expect(chat.take()).toEqual([...after, rest]);
  expect(chat.acInBuffer.length).toBe(0);
});

test('a chat that finds no memory to join the pieces of a line, or to keep what is left, loses nothing', () => {
  const chat = new RecordingChat(null, new Map(), '\n');
  chat.collectIncomingData = (data) => chat._collectIncomingData(data);
  let got = '';
  chat.onFound = () => (got = chat._getData().toString());
  const bytes = Array.from({ length: 100 }, (_, i) => Buffer.from(String.fromCharCode(97 + (i % 26))));
  for (const byte of bytes) {
    chat.recv = () => byte;
    withoutMemory(() => chat.handleRead());
  }
  expect(chat.incoming).toHaveLength(100);
  chat.recv = () => Buffer.from('\n');
  chat.handleRead();
  expect(got).toBe(Buffer.concat(bytes).toString());
});

test('a channel that a map has no memory for is not in it, and the others are served', () => {
  const map: ChannelMap = new Map();
  const pairs = Array.from({ length: 33 }, () => socketpair());
  const channels = pairs.slice(0, 32).map(([sock]) => new Recorder({ sock, map }));
  const [last, lastPeer] = pairs[32] ?? expect.fail();
  const { Int32Array: original } = globalThis;
  Reflect.set(globalThis, 'Int32Array', function fail() {
    throw new RangeError('Array buffer allocation failed');
  });
  try {
    expect(() => new Recorder({ sock: last, map })).toThrow(RangeError);
  } finally {
    Reflect.set(globalThis, 'Int32Array', original);
  }
  expect([map.size, map.has(last.fileno())]).toEqual([32, false]);
  const late = new Recorder({ sock: last, map });
  for (const [, peer] of pairs) peer.send('x');
  loopSync({ map, count: 1, timeout: 1 });
  expect([...channels, late].every(({ calls }) => calls.join() === 'read')).toBe(true);
  for (const channel of [...channels, late]) channel.close();
  for (const [, peer] of pairs) peer.close();
  expect(lastPeer.fileno()).toBe(-1);
});

/** A map that a pass has refused for one of its keys, and a channel that stands in it. */
function refused() {
  const [sock, peer] = socketpair();
  const channel = new Recorder({ sock, map: new Map() });
  const other = new Recorder({ map: new Map() });
  const bad: ChannelMap = new Map([
    [sock.fileno(), channel],
    [-1, other],
  ]);
  expect(() => pollSync(0, bad)).toThrow(expect.objectContaining({ code: 'ERR_OUT_OF_RANGE' }));
  return { sock, peer, channel, other, bad };
}

test('channels of a map that cannot be served for one of its keys can be closed and used elsewhere', () => {
  const { peer, channel, bad } = refused();
  bad.delete(-1);
  peer.send('x');
  pollSync(1, bad);
  expect(channel.calls).toEqual(['read']);
  channel.close();
  expect(bad.size).toBe(0);
  peer.close();
});

test('a map that cannot be served keeps no channel, which leaves alone what stands there later', () => {
  const { sock, peer, channel, other, bad } = refused();
  bad.set(sock.fileno(), other);
  channel.close();
  expect([...bad.values()]).toEqual([other, other]);
  peer.close();
});
