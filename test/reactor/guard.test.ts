// read(), write(), exception() and readwrite(), through which a pass reaches a channel, and what
// becomes of what its handlers throw: support/rows.ts, section A2.
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
  test(`R01 ${guard.name}() calls handle-${step}-event and nothing else`, () => {
    const channel = new Dummy();
    guard(channel);
    expect(channel.calls).toEqual([step]);
  });

  test(`R02 ${guard.name}() hands whatever is thrown to handleError, but not ExitNow`, () => {
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

  test(`R03 what handleError throws leaves ${guard.name}()`, () => {
    const channel = new Dummy({ [step]: failing(new Error('first')), error: failing(new Error('second')) });
    expect(() => guard(channel)).toThrow('second');
  });
}

for (const way of WAYS) {
  test(`reliability E3 E16: R03 what handleError throws leaves the loop (${way.name})`, async () => {
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

  test(`R06 R07 the peer's end thrown by a handler: a close with poll, an error with select (${way.name})`, async () => {
    const [sock, peer] = socketpair();
    const map = new Map();
    const channel = new Recorder({ sock, map, write: true, on: { write: failing(systemFailure('ECONNRESET')) } });
    await way.passes(1, 1, map);
    expect(channel.calls).toEqual(['write', way.backend === 'poll' ? 'close' : 'error ECONNRESET']);
    peer.close();
  });

  test(`reliability E6: R08 deviation 1: a channel that closes itself in a step gets no further one (${way.name})`, async () => {
    const [sock, peer] = socketpair();
    const map = new Map();
    const channel = new Recorder({ sock, map, write: true, on: { read: (self) => self.close() } });
    peer.send('x');
    await way.passes(1, 1, map);
    expect(channel.calls).toEqual(['read']);
    peer.close();
  });
}

test('R04 readwrite() reads, writes, takes the exception, and then closes, once', () => {
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

test('R04 deviation 2: with input there, the close waits until it is read', () => {
  for (const gone of [POLLHUP, POLLERR, POLLNVAL]) {
    const channel = new Dummy();
    readwrite(channel, POLLIN | POLLOUT | gone);
    expect(channel.calls).toEqual(['read', 'write']);
  }
});

test('R05 all four steps share one guard', () => {
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

test('R06 readwrite() takes the errors of a peer that is gone for a close, and no others', () => {
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

test('reliability E4: R09 what handleClose throws after such an error leaves readwrite()', () => {
  const channel = new Dummy({ write: failing(systemFailure('EPIPE')), close: failing(new Error('boom')) });
  expect(() => readwrite(channel, POLLOUT)).toThrow('boom');
  expect(channel.calls).toEqual(['write', 'close']);
});

test('R10 readwrite() passes over no flags and unknown flags', () => {
  for (const flags of [0, POLLRDHUP, 0x40]) {
    const channel = new Dummy();
    readwrite(channel, flags);
    expect(channel.calls).toEqual([]);
  }
});
