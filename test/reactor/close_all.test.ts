// close_all() and compact_traceback() (docs/behaviour.md, section A12).
import { expect, test } from 'vitest';
import { type ChannelMap, closeAll, compactTraceback, Dispatcher, ExitNow, socketMap } from '../../lib/index.ts';
import { socketpair } from '../../lib/socket.ts';
import { Dummy } from '../support/dummy.ts';
import { systemFailure } from '../support/failure.ts';
import { Recorder } from '../support/recorder.ts';

/** A map of five channels, the third of which fails to close. */
function five(error?: unknown): { map: ChannelMap; channels: Dummy[] } {
  const map: ChannelMap = new Map();
  const channels = Array.from({ length: 5 }, (_, i) => {
    const fail = () => {
      if (i === 2 && error !== undefined) throw error;
    };
    const channel = new Dummy({ closed: fail });
    map.set(1000 + i, channel);
    return channel;
  });
  return { map, channels };
}

const closed = (channels: Dummy[]) => channels.map(({ calls }) => calls.length);

test('closeAll() closes every channel, calls no handler and empties the map', () => {
  const { map, channels } = five();
  expect(closeAll(map)).toBeUndefined();
  expect(channels.map(({ calls }) => calls)).toEqual(Array(5).fill(['closed']));
  expect(map.size).toBe(0);
});

test('closeAll() uses socketMap by default, and channels may leave it meanwhile', () => {
  const pairs = [socketpair(), socketpair()].flat();
  const channels = pairs.map((sock) => new Recorder({ sock }));
  expect(socketMap.size).toBe(4);
  closeAll();
  expect(socketMap.size).toBe(0);
  for (const channel of channels) expect([channel.calls, channel.socket?.fileno()]).toEqual([[], -1]);
});

test('a channel added during closeAll() is dropped from the map without being closed', () => {
  const map: ChannelMap = new Map();
  const late = new Dummy();
  map.set(1000, new Dummy({ closed: () => map.set(1001, late) }));
  closeAll(map);
  expect([map.size, late.calls]).toEqual([0, []]);
});

test('closeAll() ignores EBADF, and throws other system errors unless ignoreAll is set', () => {
  const gone = five(systemFailure('EBADF', 'close'));
  closeAll(gone.map);
  expect([gone.map.size, ...closed(gone.channels)]).toEqual([0, 1, 1, 1, 1, 1]);
  const bad = five(systemFailure('EIO', 'close'));
  expect(() => closeAll(bad.map)).toThrow('EIO');
  const ignored = five(systemFailure('EIO', 'close'));
  closeAll(ignored.map, true);
  expect([ignored.map.size, ...closed(ignored.channels)]).toEqual([0, 1, 1, 1, 1, 1]);
});

test('closeAll() throws ExitNow, even with ignoreAll', () => {
  for (const ignoreAll of [false, true]) {
    const { map } = five(new ExitNow('now'));
    expect(() => closeAll(map, ignoreAll)).toThrow('now');
  }
});

test('an error that leaves closeAll() leaves the channels behind it open and the map as it is', () => {
  for (const error of [new Error('boom'), systemFailure('EIO')]) {
    const { map, channels } = five(error);
    expect(() => closeAll(map)).toThrow(error);
    expect(closed(channels)).toEqual([1, 1, 1, 0, 0]);
    expect(map.size).toBe(5);
  }
  const { map, channels } = five('a string');
  closeAll(map, true);
  expect([map.size, ...closed(channels)]).toEqual([0, 1, 1, 1, 1, 1]);
});

test('closeAll() calls a close() that was overridden', () => {
  const calls: string[] = [];
  class Own extends Dispatcher {
    override close() {
      calls.push('own');
      super.close();
    }
  }
  const map: ChannelMap = new Map();
  const [sock, peer] = socketpair();
  new Own(sock, map);
  closeAll(map);
  expect(calls).toEqual(['own']);
  peer.close();
});

test('closeAll() refuses what is not a map', () => {
  expect(() => Reflect.apply(closeAll, undefined, [[]])).toThrow(
    expect.objectContaining({ code: 'ERR_INVALID_ARG_TYPE' }),
  );
});

test('compactTraceback() returns the innermost place, the type, the error, and all places', () => {
  function inner(): never {
    throw new RangeError('far');
  }
  function outer(): never {
    inner();
  }
  let error: unknown;
  try {
    outer();
  } catch (caught) {
    error = caught;
  }
  const [[file, func, line], type, value, info] = compactTraceback(error);
  expect(file).toContain('close_all.test.ts');
  expect([func, type]).toEqual(['inner', 'RangeError']);
  expect(Number(line)).toBeGreaterThan(1);
  expect(value).toBe(error);
  const places = info.split(' [');
  // Outermost first: the last is the innermost.
  expect(places.at(-1)).toBe(`${file}|inner|${line}]`);
  expect(places.at(-2)).toMatch(/close_all\.test\.ts\|outer\|\d+\]$/);
});

test('compactTraceback() throws for a value without a stack', () => {
  for (const error of [undefined, null, 'a string', {}, systemFailure('EAGAIN').message]) {
    expect(() => compactTraceback(error)).toThrow('traceback does not exist');
  }
  const bare = new Error('bare');
  bare.stack = '';
  expect(() => compactTraceback(bare)).toThrow(expect.objectContaining({ code: 'ERR_ASSERTION' }));
});
