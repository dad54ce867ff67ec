// The diagnostics channels: what they tell of passes, handlers, errors and connections, and that they change
// nothing.
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { type ChannelMap, createConnection, createServer, Dispatcher, DispatcherWithSend } from '../../lib/index.ts';
import { eventOf } from '../../lib/reactor/observed.ts';
import { POLLERR, POLLHUP, POLLIN, POLLNVAL, POLLOUT, POLLPRI } from '../../lib/select.ts';
import { socketpair } from '../../lib/socket.ts';
import { WAYS } from '../support/matrix.ts';

/** What is published there until the test is over. */
function heard(name: string): unknown[] {
  const messages: unknown[] = [];
  const hear = (message: unknown) => {
    messages.push(message);
  };
  subscribe(name, hear);
  onTestFinished(() => {
    unsubscribe(name, hear);
  });
  return messages;
}

class Reader extends Dispatcher {
  override writable(): boolean {
    return false;
  }

  override handleRead(): void {
    const data = this.recv(100).toString();
    if (data === 'wrong') throw new Error('wrong');
  }

  override handleError(): void {}
}

describe.each(WAYS)('$name', ({ passes, backend }) => {
  test('each pass and each handler is told, with its times', async () => {
    const map: ChannelMap = new Map();
    const pairs = [socketpair(), socketpair()];
    const channels = pairs.map(([here]) => new Reader(here, map));
    const [passed, served] = [heard('asyncore:pass'), heard('asyncore:dispatch')];
    for (const [, there] of pairs) there.send('x');
    const begun = Number(process.hrtime.bigint()) / 1e9;
    await passes(1, 1, map);
    await passes(1, 0, map);
    const ended = Number(process.hrtime.bigint()) / 1e9;
    expect(passed).toEqual([
      { map, backend, events: 2, start: expect.any(Number), duration: expect.any(Number) },
      { map, backend, events: 0, start: expect.any(Number), duration: expect.any(Number) },
    ]);
    expect(served).toEqual(
      channels.map((channel) => ({ channel, event: 'read', start: expect.any(Number), duration: expect.any(Number) })),
    );
    for (const message of [...passed, ...served]) {
      const { start, duration }: { start: number; duration: number } = Object(message);
      expect(start).toBeGreaterThanOrEqual(begun);
      expect(start + duration).toBeLessThanOrEqual(ended);
      expect(duration).toBeGreaterThanOrEqual(0);
    }
    for (const [, there] of pairs) there.close();
    await passes(1, 1, map);
    expect(served).toHaveLength(4);
    for (const channel of channels) channel.close();
  });

  test('an error is told before handleError()', async () => {
    const map: ChannelMap = new Map();
    const [here, there] = socketpair();
    const channel = new Reader(here, map);
    const [errors, served] = [heard('asyncore:error'), heard('asyncore:dispatch')];
    const handled = vi.spyOn(channel, 'handleError').mockImplementation(() => {
      expect(errors).toHaveLength(1);
    });
    there.send('wrong');
    await passes(1, 1, map);
    expect(handled).toHaveBeenCalledTimes(1);
    expect(errors).toEqual([{ channel, error: new Error('wrong') }]);
    expect(served).toHaveLength(1);
    channel.close();
    there.close();
  });

  test('what a handleError() throws leaves the loop all the same', async () => {
    const map: ChannelMap = new Map();
    const [here, there] = socketpair();
    const channel = new Reader(here, map);
    const [passed, served] = [heard('asyncore:pass'), heard('asyncore:dispatch')];
    vi.spyOn(channel, 'handleError').mockImplementation(() => {
      throw new Error('out');
    });
    there.send('wrong');
    await expect(passes(1, 1, map)).rejects.toThrow('out');
    expect([passed.length, served.length]).toEqual([1, 1]);
    channel.close();
    there.close();
  });
});

test('a connection is told before its listener gets it', async () => {
  const map: ChannelMap = new Map();
  const accepted = heard('asyncore:accept');
  const listener = vi.fn(() => {
    expect(accepted).toHaveLength(1);
  });
  const server = createServer(['127.0.0.1', 0], { map }, (socket) => {
    listener();
    socket.close();
  });
  const address = server.getsockname();
  const connecting = createConnection(address);
  for (let i = 0; listener.mock.calls.length === 0 && i < 500; i++) await WAYS[0]?.passes(1, 0.01, map);
  const client = await connecting;
  expect(listener).toHaveBeenCalledTimes(1);
  expect(accepted).toEqual([{ listener: server, socket: expect.anything(), address: client.getsockname() }]);
  client.close();
  server.close();
});

test('unheard, nothing is measured, and the channels get their events as they are', async () => {
  const map: ChannelMap = new Map();
  const [here, there] = socketpair();
  class Echo extends DispatcherWithSend {
    override handleRead(): void {
      stack = new Error('where').stack ?? '';
      this.send(this.recv(10));
    }
  }
  let stack = '';
  const channel = new Echo(here, map);
  there.send('x');
  await WAYS[0]?.passes(1, 1, map);
  expect(stack).toContain('dispatch');
  expect(stack).not.toContain('dispatchObserved');
  const served = heard('asyncore:dispatch');
  there.send('x');
  await WAYS[0]?.passes(1, 1, map);
  expect(stack).toContain('dispatchObserved');
  expect(served).toHaveLength(1);
  channel.close();
  there.close();
});

test.each([
  [POLLIN, 'read'],
  [POLLIN | POLLHUP, 'read'],
  [POLLIN | POLLOUT, 'read+write'],
  [POLLOUT | POLLHUP, 'write+close'],
  [POLLPRI, 'exception'],
  [POLLERR, 'close'],
  [POLLNVAL, 'close'],
])('events %i are called %s', (flags, text) => expect(eventOf(flags)).toBe(text));
