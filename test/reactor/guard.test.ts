// read(), write(), exception() and readwrite(), through which a pass reaches a channel, and what
// becomes of what its handlers throw (docs/behaviour.md, section A2).
import { expect, test } from 'vitest';
import { ExitNow, exception, read, readwrite, write } from '../../lib/index.ts';
import { POLLERR, POLLHUP, POLLIN, POLLNVAL, POLLOUT, POLLPRI, POLLRDHUP } from '../../lib/select.ts';
import { socketpair } from '../../lib/socket.ts';
import { Dummy } from '../support/dummy.ts';
import { systemFailure } from '../support/failure.ts';
import { WAYS } from '../support/matrix.ts';
import { Recorder } from '../support/recorder.ts';

const failing = (error: unknown) => () => {
  throw error;
};

const GUARDS = [
  ['read', read],
  ['write', write],
  ['expt', exception],
] as const;

for (const [step, guard] of GUARDS) {
  test(`only the matching event method is called by ${guard.name}() (handle-${step}-event)`, () => {
    const channel = new Dummy();
    guard(channel);
    expect(channel.calls).toEqual([step]);
  });

  test(`${guard.name}() hands any exception but ExitNow to handleError`, () => {
    for (const [thrown, text] of [
      [new RangeError('boom'), 'boom'],
      ['a string', 'a string'],
      [undefined, 'undefined'],
      [systemFailure('ECONNRESET'), 'ECONNRESET'],
    ] as const) {
      const channel = new Dummy({ [step]: failing(thrown) });
      guard(channel);
      expect(channel.calls).toEqual([step, `error ${text}`]);
    }
    const exit = new ExitNow();
    expect(() => guard(new Dummy({ [step]: failing(exit) }))).toThrow(exit);
  });

  test(`what handleError throws is not caught by ${guard.name}()`, () => {
    const channel = new Dummy({ [step]: failing(new Error('first')), error: failing(new Error('second')) });
    expect(() => guard(channel)).toThrow('second');
  });
}

for (const way of WAYS) {
  test(`what handleError throws leaves the loop (${way.name})`, async () => {
    const [sock, peer] = socketpair();
    const map = new Map();
    const on = { read: failing(new Error('first')), error: failing(new Error('second')) };
    const channel = new Recorder({ sock, map, on });
    peer.send('x');
    await expect(way.passes(3, 1, map)).rejects.toThrow('second');
    expect([...map.values()]).toEqual([channel]);
    channel.close();
    peer.close();
  });

  test(`ECONNRESET thrown by a handler is a close with poll and an error with select (${way.name})`, async () => {
    const [sock, peer] = socketpair();
    const map = new Map();
    const channel = new Recorder({ sock, map, write: true, on: { write: failing(systemFailure('ECONNRESET')) } });
    await way.passes(1, 1, map);
    expect(channel.calls).toEqual(['write', way.backend === 'poll' ? 'close' : 'error ECONNRESET']);
    peer.close();
  });

  test(`a channel that closes itself in a step gets no further step (${way.name})`, async () => {
    const [sock, peer] = socketpair();
    const map = new Map();
    const channel = new Recorder({ sock, map, write: true, on: { read: (self) => self.close() } });
    peer.send('x');
    await way.passes(1, 1, map);
    expect(channel.calls).toEqual(['read']);
    peer.close();
  });
}

test('readwrite() reads, writes, takes the exceptional condition, and then closes, once', () => {
  const stepsOf = (flags: number) => {
    const channel = new Dummy();
    readwrite(channel, flags);
    return channel.calls;
  };
  expect(stepsOf(POLLIN)).toEqual(['read']);
  expect(stepsOf(POLLOUT)).toEqual(['write']);
  expect(stepsOf(POLLPRI)).toEqual(['expt']);
  for (const flag of [POLLHUP, POLLERR, POLLNVAL]) expect(stepsOf(flag)).toEqual(['close']);
  expect(stepsOf(POLLHUP | POLLERR | POLLNVAL)).toEqual(['close']);
  expect(stepsOf(POLLIN | POLLOUT | POLLPRI)).toEqual(['read', 'write', 'expt']);
  expect(stepsOf(POLLOUT | POLLPRI | POLLHUP)).toEqual(['write', 'expt', 'close']);
});

test('readwrite() with input and a hang-up only reads', () => {
  for (const gone of [POLLHUP, POLLERR, POLLNVAL]) {
    const channel = new Dummy();
    readwrite(channel, POLLIN | POLLOUT | gone);
    expect(channel.calls).toEqual(['read', 'write']);
  }
});

test('an exception in one step of readwrite() skips the steps after it', () => {
  const reading = new Dummy({ read: failing(new Error('boom')) });
  readwrite(reading, POLLIN | POLLOUT | POLLPRI | POLLHUP);
  expect(reading.calls).toEqual(['read', 'error boom']);
  const writing = new Dummy({ write: failing(new Error('boom')) });
  readwrite(writing, POLLOUT | POLLPRI | POLLHUP);
  expect(writing.calls).toEqual(['write', 'error boom']);
  const closing = new Dummy({ close: failing(new Error('boom')) });
  readwrite(closing, POLLHUP);
  expect(closing.calls).toEqual(['close', 'error boom']);
});

test('readwrite() closes for errors that say that the peer is gone, and for no others', () => {
  for (const name of ['ECONNRESET', 'ENOTCONN', 'ESHUTDOWN', 'ECONNABORTED', 'EPIPE', 'EBADF']) {
    const channel = new Dummy({ read: failing(systemFailure(name)) });
    readwrite(channel, POLLIN);
    expect(channel.calls).toEqual(['read', 'close']);
  }
  for (const name of ['ETIMEDOUT', 'EHOSTUNREACH', 'EIO']) {
    const channel = new Dummy({ read: failing(systemFailure(name)) });
    readwrite(channel, POLLIN);
    expect(channel.calls).toEqual(['read', `error ${name}`]);
  }
  const exit = new ExitNow();
  expect(() => readwrite(new Dummy({ read: failing(exit) }), POLLIN)).toThrow(exit);
});

test('what handleClose throws after such an error leaves readwrite()', () => {
  const channel = new Dummy({ write: failing(systemFailure('EPIPE')), close: failing(new Error('boom')) });
  expect(() => readwrite(channel, POLLOUT)).toThrow('boom');
  expect(channel.calls).toEqual(['write', 'close']);
});

test('readwrite() calls nothing for no flags and for unknown flags', () => {
  for (const flags of [0, POLLRDHUP, 0x40]) {
    const channel = new Dummy();
    readwrite(channel, flags);
    expect(channel.calls).toEqual([]);
  }
});
