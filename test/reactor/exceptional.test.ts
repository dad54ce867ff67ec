// exceptional(): a channel that waits for exceptional conditions alone, or for none.
import { afterEach, describe, expect, test } from 'vitest';
import { AsyncChat, type Channel, closeAll, Dispatcher, pollSync, readwrite } from '../../lib/index.ts';
import { Registry } from '../../lib/reactor/registry.ts';
import { POLLERR, POLLHUP, POLLPRI } from '../../lib/select.ts';
import { AF_INET, MSG_OOB, type Socket, socketpair } from '../../lib/socket.ts';
import { passesUntil, WAYS } from '../support/matrix.ts';
import { connectedPair } from '../support/pair.ts';

const map = new Map<number, Channel>();
const open: Socket[] = [];

afterEach(() => {
  closeAll(map);
  for (const each of open.splice(0)) each.close();
});

class Watcher extends Dispatcher {
  readonly calls: string[] = [];
  reads = false;
  answer: boolean | undefined = true;

  override readable() {
    this.calls.push('r?');
    return this.reads;
  }
  override writable() {
    this.calls.push('w?');
    return false;
  }
  override exceptional() {
    this.calls.push('x?');
    return this.answer;
  }
  override handleRead() {
    this.calls.push(`read ${this.recv(100)}`);
  }
  override handleExpt() {
    this.calls.push(`expt ${this.socket?.recv(1, MSG_OOB)}`);
  }
  override handleError(error: unknown) {
    this.calls.push(`${error}`);
  }
  get events() {
    return this.calls.filter((call) => !call.endsWith('?'));
  }
}

function pair(): [Watcher, Socket] {
  const [peer, served] = connectedPair({ name: 'inet', family: AF_INET, address: () => ['127.0.0.1', 0] });
  open.push(peer);
  return [new Watcher(served, map), peer];
}

describe.each(WAYS)('$name', (way) => {
  test('a channel can wait for urgent data alone', async () => {
    const [channel, peer] = pair();
    peer.send('nobody reads this');
    await way.passes(2, 0.02, map);
    expect(channel.calls.slice(0, 6)).toEqual(['r?', 'w?', 'x?', 'r?', 'w?', 'x?']);
    expect(channel.events).toEqual([]);
    peer.send('!', MSG_OOB);
    await passesUntil(way, () => channel.events.length > 0, map);
    expect(channel.events).toEqual(['expt !']);
    await way.passes(2, 0.02, map);
    expect(channel.events).toHaveLength(1);
  });

  test('a channel that reads can do without it, and undefined is as asyncore', async () => {
    const [channel, peer] = pair();
    channel.reads = true;
    channel.answer = false;
    peer.send('!', MSG_OOB);
    peer.send('data');
    await passesUntil(way, () => channel.events.length > 0, map);
    await way.passes(2, 0.02, map);
    expect(channel.events).toEqual(['read data']);
    channel.answer = undefined;
    peer.send('+', MSG_OOB);
    await passesUntil(way, () => channel.events.length > 1, map);
    expect(channel.events).toEqual(['read data', 'expt +']);
  });

  test('what it throws goes to handleError', async () => {
    const [channel] = pair();
    channel.exceptional = () => {
      throw new Error('no answer');
    };
    await way.passes(1, 0.02, map);
    expect(channel.events[0]).toBe('Error: no answer');
  });
});

test('a channel that overrides none of the three is never asked, and one that overrides this one is', () => {
  const [here, there] = socketpair();
  open.push(there);
  const chat = new AsyncChat(here, map);
  pollSync(0, map);
  const { asks } = Registry.of(map);
  expect(asks).toBe(false);
  let asked = 0;
  chat.exceptional = () => {
    asked++;
    return false;
  };
  pollSync(0, map);
  pollSync(0, map);
  expect([Registry.of(map).asks, asked]).toEqual([true, 2]);
});

test('a channel of your own needs no such method', () => {
  const [here, there] = socketpair();
  open.push(here, there);
  const calls: string[] = [];
  const step = (name: string) => () => {
    calls.push(name);
  };
  const channel: Channel = {
    readable: () => true,
    writable: () => false,
    accepting: false,
    handleReadEvent: step('read'),
    handleWriteEvent: step('write'),
    handleExptEvent: step('expt'),
    handleClose: step('close'),
    handleError: step('error'),
    close: () => {},
  };
  map.set(here.fileno(), channel);
  there.send('x');
  pollSync(0, map);
  expect(calls).toEqual(['read']);
  // What poll(2) says of every exceptional condition of a file is no end of it.
  readwrite(channel, POLLPRI | POLLERR);
  expect(calls).toEqual(['read', 'expt']);
  readwrite(channel, POLLPRI | POLLERR | POLLHUP);
  readwrite(channel, POLLERR);
  expect(calls).toEqual(['read', 'expt', 'expt', 'close', 'close']);
  map.clear();
});
