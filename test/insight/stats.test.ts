// stats(): what it counts, per map and per channel, and that it begins when it is first asked.
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import {
  AsyncChat,
  type ChannelMap,
  Dispatcher,
  FileDispatcher,
  loop,
  loopSync,
  pipe,
  socketMap,
} from '../../lib/index.ts';
import { stats } from '../../lib/insight.ts';
import { AF_UNIX, SOCK_DGRAM, socketpair } from '../../lib/socket.ts';
import { native } from '../../lib/system/native.ts';
import { BACKENDS, WAYS } from '../support/matrix.ts';

class Reader extends Dispatcher {
  override writable(): boolean {
    return false;
  }

  override handleRead(): unknown {
    this.recv(1000);
    return undefined;
  }
}

/** Takes some time, in milliseconds. */
function take(time: number): void {
  for (const end = performance.now() + time; performance.now() < end; );
}

test('before anybody asks, the calls of the addon are its own', () => {
  const before = native.send;
  expect(before.name).toBe('send');
  stats(new Map());
  expect(native.send).not.toBe(before);
});

describe.each(WAYS)('$name', ({ passes }) => {
  test('passes, events and bytes, of each channel too', async () => {
    const map: ChannelMap = new Map();
    const [here, there] = socketpair();
    const reader = new Reader(here, map);
    there.send('uncounted');
    await passes(1, 1, map);
    expect(stats(map)).toMatchObject({ passes: 0, events: 0, received: 0, sent: 0, slowest: [] });

    there.send('12345');
    await passes(1, 1, map);
    await passes(2, 0, map);
    reader.send('123');
    expect(stats(map)).toMatchObject({
      passes: 3,
      events: 1,
      received: 5,
      sent: 3,
      slowest: [{ channel: reader.toString(), event: 'read' }],
      channels: [{ channel: reader, events: 1, received: 5, sent: 3 }],
    });

    // What has left takes nothing of the totals along.
    reader.close();
    there.close();
    expect(stats(map)).toMatchObject({ passes: 3, received: 5, sent: 3, channels: [] });
  });

  test('the slowest handlers come first, at most 10', async () => {
    const map: ChannelMap = new Map();
    stats(map);
    const times = [0, 4, 0, 0, 8, 0, 0, 0, 0, 0, 0, 2];
    const pairs = times.map(() => socketpair());
    const channels = pairs.map(
      ([here], i) =>
        new (class extends Reader {
          override handleRead(): void {
            super.handleRead();
            take(times[i] ?? 0);
          }
        })(here, map),
    );
    for (const [, there] of pairs) there.send('x');
    await passes(1, 1, map);
    const { slowest, channels: each, seconds } = stats(map);
    // Any of them may have taken longer, on a busy machine.
    const longest = each.map(({ channel, longest }) => ({ channel: String(channel), event: 'read', seconds: longest }));
    expect(slowest).toEqual(longest.sort((a, b) => b.seconds - a.seconds).slice(0, 10));
    for (const [index, time] of times.entries()) {
      expect(each[index]?.longest).toBeGreaterThanOrEqual(time / 1000);
      expect(each[index]?.seconds).toBe(each[index]?.longest);
    }
    expect(seconds).toBeGreaterThan(each.reduce((sum, one) => sum + one.seconds, 0));
    for (const channel of channels) channel.close();
    for (const [, there] of pairs) there.close();
  });
});

describe.each(BACKENDS)('%s', (backend) => {
  test.each(['worker', 'inline'] as const)('sleeps, with wait: %s', async (wait) => {
    const map: ChannelMap = new Map();
    const [here, there] = socketpair();
    const reader = new Reader(here, map);
    stats(map);
    await loop({ map, backend, wait, timeout: 0, count: 3 });
    const before = stats(map).sleeps;
    const serving = loop({ map, backend, wait, timeout: null, count: 1 });
    await sleep(20);
    there.send('x');
    await serving;
    expect(stats(map).sleeps).toBeGreaterThan(before);
    reader.close();
    there.close();
  });

  test('a blocking wait is a sleep, one without time is none', () => {
    const map: ChannelMap = new Map();
    const [here, there] = socketpair();
    const reader = new Reader(here, map);
    stats(map);
    loopSync({ map, backend, timeout: 0, count: 3 });
    expect(stats(map)).toMatchObject({ passes: 3, sleeps: 0 });
    loopSync({ map, backend, timeout: 0.01, count: 1 });
    expect(stats(map)).toMatchObject({ passes: 4, sleeps: 1 });
    reader.close();
    there.close();
  });
});

test('all ways of transferring count: chats, files, datagrams, messages', async () => {
  const map: ChannelMap = new Map();
  stats(map);
  const [chatEnd, chatPeer] = socketpair();
  const chat = new AsyncChat(chatEnd, map);
  chat.push('12345678');
  const [reader, writer] = pipe();
  const file = new FileDispatcher(reader, map);
  reader.close();
  writer.write('1234');
  const [left, right] = socketpair(AF_UNIX, SOCK_DGRAM);
  const datagrams = new Dispatcher(left, map);
  right.send('123');
  expect(file.recv(10).length).toBe(4);
  expect(datagrams.recvfrom(10)[0].length).toBe(3);
  right.send('12');
  expect(left.recvmsg(10)[0].length).toBe(2);
  left.sendmsg(['1', '2', '3']);
  right.send('1');
  expect(datagrams.recvInto(new Uint8Array(10))).toBe(1);
  const found = stats(map).channels.map(({ channel, received, sent }) => ({ channel, received, sent }));
  expect(found).toEqual([
    { channel: chat, received: 0, sent: 8 },
    { channel: file, received: 4, sent: 0 },
    { channel: datagrams, received: 6, sent: 3 },
  ]);
  for (const channel of [chat, file, datagrams]) channel.close();
  for (const end of [chatPeer, right, writer]) end.close();
});

test('each map has counts of its own, socketMap by default', async () => {
  const map: ChannelMap = new Map();
  const [here, there] = socketpair();
  const reader = new Reader(here, map);
  const before = stats().passes;
  stats(map);
  there.send('x');
  await loop({ map, count: 1, timeout: 1 });
  expect(stats(map).passes).toBe(1);
  expect(stats().passes).toBe(before);
  expect(stats(socketMap).received).toBe(stats().received);
  reader.close();
  there.close();
  expect(() => Reflect.apply(stats, undefined, [{}])).toThrow(
    expect.objectContaining({ code: 'ERR_INVALID_ARG_TYPE' }),
  );
});
