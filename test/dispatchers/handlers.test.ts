// The handlers' defaults and what they log (docs/behaviour.md, section A10), and urgent data.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type ChannelMap, Dispatcher } from '../../lib/index.ts';
import { MSG_OOB, type Socket, socketpair } from '../../lib/socket.ts';
import { systemFailure } from '../support/failure.ts';
import { FAMILIES, WAYS } from '../support/matrix.ts';
import { connectedPair, reset } from '../support/pair.ts';
import { Recorder } from '../support/recorder.ts';

let output = '';
let errors = '';

beforeEach(() => {
  output = '';
  errors = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    output += text;
    return true;
  });
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    errors += text;
    return true;
  });
});

afterEach(() => {
  vi.restoreAllMocks();
});

/** Everything that can happen, by the handler that hears of it. */
const EVENTS: [event: string, call: (channel: Dispatcher, sock: Socket) => void][] = [
  ['read event', (channel) => channel.handleRead()],
  ['write event', (channel) => channel.handleWrite()],
  ['incoming priority event', (channel) => channel.handleExpt()],
  ['connect event', (channel) => channel.handleConnect()],
  ['accepted event', (channel, sock) => channel.handleAccepted(sock, '')],
  ['close event', (channel) => channel.handleClose()],
];

test('log() writes a line to standard error', () => {
  new Dispatcher().log('a message');
  expect([output, errors]).toEqual(['', 'log: a message\n']);
});

test('logInfo() writes a line to standard output, of type info by default', () => {
  const channel = new Dispatcher();
  channel.logInfo('one');
  channel.logInfo('two', 'error');
  channel.logInfo('three', 'warning');
  expect([output, errors]).toEqual(['info: one\nerror: two\n', '']);
});

test('the default handlers log nothing', () => {
  for (const [, call] of EVENTS) {
    const [sock, peer] = socketpair();
    const channel = new Dispatcher(null, new Map());
    call(channel, sock);
    sock.close();
    peer.close();
  }
  expect([output, errors]).toEqual(['', '']);
});

test('with no types ignored, the default handlers log what is unhandled', () => {
  class Loud extends Dispatcher {
    override ignoreLogTypes = new Set<string>();
  }
  const byClass = new Loud(null, new Map());
  const byObject = new Dispatcher(null, new Map());
  byObject.ignoreLogTypes = new Set();
  for (const channel of [byClass, byObject]) {
    for (const [event, call] of EVENTS) {
      const [sock, peer] = socketpair();
      output = '';
      call(channel, sock);
      expect(output).toBe(`warning: unhandled ${event}\n`);
      sock.close();
      peer.close();
    }
  }
});

test('types can be added to those ignored', () => {
  const channel = new Dispatcher();
  channel.ignoreLogTypes = new Set(['info', 'error']);
  for (const type of ['info', 'warning', 'error']) channel.logInfo('x', type);
  expect(output).toBe('warning: x\n');
});

test('handleError() logs one line and closes', () => {
  class Server extends Dispatcher {}
  const [sock, peer] = socketpair();
  const map: ChannelMap = new Map();
  const channel = new Server(sock, map);
  const shown = `${channel}`;
  channel.handleError(new RangeError('too far'));
  expect(output.split('\n').length).toBe(2);
  expect(output.startsWith(`error: uncaptured exception, closing channel ${shown} (RangeError:too far [`)).toBe(true);
  expect(output).toMatch(/\[[^|\]]*handlers\.test\.ts\|[^|\]]*\|\d+\]\)\n$/);
  expect([map.size, sock.fileno()]).toEqual([0, -1]);
  peer.close();
});

test('handleError() closes through handleClose(), and shows values that are not Errors as they are', () => {
  const calls: string[] = [];
  class Own extends Dispatcher {
    override handleClose() {
      calls.push('close');
    }
  }
  const channel = new Own(null, new Map());
  for (const [thrown, shown] of [
    ['a string', 'string:a string'],
    [undefined, 'undefined:undefined'],
    [systemFailure('EAGAIN', 'recv'), 'SystemError:recv EAGAIN'],
  ] as const) {
    output = '';
    channel.handleError(thrown);
    expect(output).toContain(`closing channel <Own> (${shown}`);
  }
  expect(calls).toEqual(['close', 'close', 'close']);
});

test('a toString() that throws, and an error that cannot be shown, do no harm', () => {
  class Shy extends Dispatcher {
    override toString(): string {
      throw new Error('no');
    }
  }
  const channel = new Shy(null, new Map());
  const unspeakable = {
    toString() {
      throw new Error('no');
    },
  };
  channel.handleError(unspeakable);
  expect(output).toBe(
    'error: uncaptured exception, closing channel <toString() failed> (object that cannot be shown)\n',
  );
});

test('handleClose() logs and closes', () => {
  const [sock, peer] = socketpair();
  const map: ChannelMap = new Map();
  const channel = new Dispatcher(sock, map);
  channel.ignoreLogTypes = new Set();
  channel.handleClose();
  expect(output).toBe('warning: unhandled close event\n');
  expect([map.size, sock.fileno()]).toEqual([0, -1]);
  peer.close();
});

for (const way of WAYS) {
  test(`an exception in a handler closes its own channel only (${way.name})`, async () => {
    class Bad extends Dispatcher {
      override writable() {
        return false;
      }
      override handleRead(): void {
        throw new Error('bad');
      }
    }
    const map: ChannelMap = new Map();
    const [a, b] = socketpair();
    const [c, d] = socketpair();
    new Bad(a, map);
    const good = new Recorder({ sock: c, map });
    b.send('x');
    d.send('x');
    await way.passes(1, 1, map);
    expect(good.calls).toEqual(['read']);
    expect([...map.values()]).toEqual([good]);
    expect(output).toContain('(Error:bad [');
    for (const one of [good, b, d]) one.close();
  });

  for (const family of FAMILIES) {
    if (family.name === 'unix') continue;
    test(`urgent data is reported until it is taken (${family.name}, ${way.name})`, async () => {
      const map: ChannelMap = new Map();
      const [sock, peer] = connectedPair(family);
      const channel = new Recorder({ sock, map });
      peer.send('!', MSG_OOB);
      await way.passes(2, 1, map);
      expect(channel.calls.filter((call) => call === 'expt').length).toBe(2);
      expect(`${sock.recv(10, MSG_OOB)}`).toBe('!');
      channel.calls.length = 0;
      channel.on.expt = (self) => self.calls.push(`${self.socket?.recv(1, MSG_OOB)}`);
      peer.send('?', MSG_OOB);
      await way.passes(1, 1, map);
      expect(channel.calls).toEqual(expect.arrayContaining(['expt', '?']));
      channel.close();
      peer.close();
    });

    test(`urgent data together with a socket error calls handleClose, not handleExpt (${family.name}, ${way.name})`, async () => {
      const map: ChannelMap = new Map();
      const [sock, peer] = connectedPair(family);
      const channel = new Recorder({ sock, map });
      peer.send('!', MSG_OOB);
      reset(peer);
      await way.passes(1, 1, map);
      expect(channel.calls).toEqual(['read', 'close']);
    });
  }
}

test('handleConnectEvent throws SO_ERROR, and handleExptEvent closes for it', () => {
  const [sock, peer] = socketpair();
  const channel = new Recorder({ sock, map: new Map() });
  channel.connected = false;
  channel.connecting = true;
  let error = 111;
  Object.defineProperty(sock, 'getsockopt', { value: () => error });
  expect(() => channel.handleConnectEvent()).toThrow(expect.objectContaining({ code: 'ECONNREFUSED', errno: -111 }));
  channel.handleExptEvent();
  expect(channel.calls).toEqual(['close']);
  error = 0;
  channel.handleExptEvent();
  expect(channel.calls).toEqual(['close', 'expt']);
  peer.close();
});

test('a connected channel reads and writes on its events; an accepting one accepts, and ignores write events', () => {
  const [sock, peer] = socketpair();
  const channel = new Recorder({ sock, map: new Map(), on: { accept: () => {} } });
  channel.handleReadEvent();
  channel.handleWriteEvent();
  channel.accepting = true;
  channel.handleReadEvent();
  channel.handleWriteEvent();
  expect(channel.calls).toEqual(['read', 'write', 'accept']);
  channel.close();
  peer.close();
});
