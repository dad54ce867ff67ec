// When loop() goes on and when it ends (docs/behaviour.md, section A5).
import { expect, test } from 'vitest';
import {
  type ChannelMap,
  closeAll,
  ExitNow,
  FileDispatcher,
  type LoopOptions,
  loop,
  loopSync,
  pipe,
  poll,
  poll2,
} from '../../lib/index.ts';
import { socketpair } from '../../lib/socket.ts';
import { BACKENDS, WAYS } from '../support/matrix.ts';
import { Recorder, type RecorderOptions } from '../support/recorder.ts';
import { duration, within } from '../support/time.ts';

const LOOPS: [name: string, run: (options?: LoopOptions) => Promise<void>][] = [
  ['loop', loop],
  ['loopSync', async (options) => loopSync(options)],
];

/** A channel that is served in every pass. */
function busy(options: Omit<RecorderOptions, 'sock'> = {}) {
  const map: ChannelMap = options.map ?? new Map();
  const [sock, peer] = socketpair();
  const channel = new Recorder({ write: true, ...options, sock, map });
  const close = () => {
    channel.close();
    peer.close();
  };
  return { map, channel, peer, close };
}

/** The end of a pipe tells the backends apart: select reads it, poll only closes. */
async function backendOf(run: (map?: ChannelMap) => Promise<void>, map?: ChannelMap): Promise<'select' | 'poll'> {
  const calls: string[] = [];
  class Reader extends FileDispatcher {
    override writable() {
      return false;
    }
    override handleRead() {
      calls.push('read');
      this.close();
    }
    override handleClose() {
      this.close();
    }
  }
  const [reader, writer] = pipe();
  new Reader(reader, map);
  reader.close();
  writer.close();
  await run(map);
  return calls.length === 1 ? 'select' : 'poll';
}

for (const [name, run] of LOOPS) {
  test(`by default select and socketMap are used by ${name}(), poll or another map when told`, async () => {
    expect(await backendOf(() => run())).toBe('select');
    expect(await backendOf(() => run({}))).toBe('select');
    expect(await backendOf(() => run({ usePoll: true }))).toBe('poll');
    expect(await backendOf(() => run({ usePoll: false }))).toBe('select');
    expect(await backendOf(() => run({ backend: 'poll' }))).toBe('poll');
    expect(await backendOf(() => run({ backend: 'select', usePoll: true }))).toBe('select');
    expect(await backendOf((map) => run({ ...(map && { map }) }), new Map())).toBe('select');
    expect(await backendOf(() => poll())).toBe('select');
    expect(await backendOf(() => poll2())).toBe('poll');
  });

  test(`invalid options are refused by ${name}()`, async () => {
    const wrong: [Record<string, unknown>, string][] = [
      [{ backend: 'epoll' }, 'ERR_INVALID_ARG_VALUE'],
      [{ usePoll: 1 }, 'ERR_INVALID_ARG_TYPE'],
      [{ map: {} }, 'ERR_INVALID_ARG_TYPE'],
      [{ count: '1' }, 'ERR_INVALID_ARG_TYPE'],
      [{ count: Number.NaN }, 'ERR_OUT_OF_RANGE'],
      [{ timeout: '1' }, 'ERR_INVALID_ARG_TYPE'],
      [{ timeout: -1 }, 'ERR_OUT_OF_RANGE'],
      [{ signal: {} }, 'ERR_INVALID_ARG_TYPE'],
    ];
    for (const [options, code] of wrong) {
      await expect(Reflect.apply(run, undefined, [options]), JSON.stringify(options)).rejects.toMatchObject({ code });
    }
    await expect(Reflect.apply(run, undefined, [5])).rejects.toMatchObject({ code: 'ERR_INVALID_ARG_TYPE' });
  });

  for (const backend of BACKENDS) {
    const id = `${name}, ${backend}`;

    test(`without a count, a loop runs until the map is empty and returns nothing (${id})`, async () => {
      const { map, channel, peer } = busy({ on: { write: (self) => void (self.calls.length === 20 && self.close()) } });
      expect(await run({ backend, map })).toBeUndefined();
      expect(channel.calls.length).toBe(20);
      expect(await duration(() => run({ backend, map, timeout: null }))).toBeLessThan(1);
      peer.close();
    });

    test(`count is the largest number of passes, rounded up; 0 and less mean none (${id})`, async () => {
      for (const [count, passes] of [
        [1, 1],
        [7, 7],
        [2.5, 3],
        [0.1, 1],
        [0, 0],
        [-3, 0],
        [-Infinity, 0],
      ] as const) {
        const { map, channel, close } = busy();
        await run({ backend, map, count });
        expect(channel.calls.length, String(count)).toBe(passes);
        close();
      }
    });

    test(`a loop ends before its count when the map empties (${id})`, async () => {
      const { map, channel, peer } = busy({ on: { write: (self) => self.close() } });
      await run({ backend, map, count: 100 });
      expect(channel.calls).toEqual(['write']);
      peer.close();
    });

    test(`a pass counts even when nothing happens (${id})`, async () => {
      const { map, channel, close } = busy({ write: false });
      const seconds = await duration(() => run({ backend, map, timeout: 0.02, count: 3 }));
      expect(seconds).toBeGreaterThanOrEqual(0.06);
      expect(channel.calls).toEqual([]);
      close();
    });

    test(`whether the map is empty matters only between passes (${id})`, async () => {
      const map: ChannelMap = new Map();
      const { channel: next, close } = busy({ on: { write: (self) => self.close() } });
      const { channel, peer } = busy({
        map,
        on: {
          write: (self) => {
            self.close();
            if (next.socket !== null) next.addChannel(map);
            next.on.write = () => map.clear();
          },
        },
      });
      await run({ backend, map });
      expect([...channel.calls, ...next.calls]).toEqual(['write', 'write']);
      peer.close();
      close();
    });

    test(`a handler may take passes itself, over another map or the same one (${id})`, async () => {
      const { map, channel, close } = busy({ name: '1' });
      const { map: others, channel: other, close: closeOther } = busy({ name: '2', calls: channel.calls });
      const { channel: sibling, close: closeSibling } = busy({ map, name: '3', calls: channel.calls });
      let depth = 0;
      channel.on.write = () => {
        if (depth++ > 0) return;
        loopSync({ backend, map: others, count: 1 });
        loopSync({ backend, map, count: 1 });
        channel.calls.push('back');
      };
      await run({ backend, map, count: 1 });
      expect(channel.calls).toEqual(['1write', '2write', '1write', '3write', 'back', '3write']);
      expect([other.errors, sibling.errors]).toEqual([[], []]);
      for (const one of [close, closeOther, closeSibling]) one();
    });

    test(`a loop may be called again after an exception left it (${id})`, async () => {
      const exit = () => {
        throw new ExitNow('once');
      };
      const { map, channel, peer } = busy({ on: { write: exit } });
      await expect(run({ backend, map })).rejects.toThrow('once');
      channel.on.write = (self) => self.close();
      await run({ backend, map });
      expect(channel.calls).toEqual(['write', 'write']);
      peer.close();
    });

    test(`an AbortSignal that is already aborted prevents the first pass (${id})`, async () => {
      const { map, channel, close } = busy();
      const reason = new Error('never');
      await expect(run({ backend, map, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
      expect(channel.calls).toEqual([]);
      close();
    });

    test(`an AbortSignal that a handler aborts ends the loop (${id})`, async () => {
      const controller = new AbortController();
      const reason = new Error('enough');
      const { map, channel, close } = busy({
        on: { write: (self) => void (self.calls.length === 3 && controller.abort(reason)) },
      });
      await expect(run({ backend, map, signal: controller.signal })).rejects.toBe(reason);
      expect(channel.calls.length).toBe(3);
      close();
    });
  }
}

for (const backend of BACKENDS) {
  test(`an AbortSignal ends a wait in progress (${backend})`, async () => {
    const { map, channel, close } = busy({ write: false });
    const end = loop({ backend, map, timeout: null, signal: AbortSignal.timeout(20) });
    await expect(within(end, 2, 'the loop to end')).rejects.toMatchObject({ name: 'TimeoutError' });
    expect([...map.values()]).toEqual([channel]);
    // And the map is free for the next.
    await loop({ backend, map, timeout: 0.001, count: 1 });
    close();
  });

  test(`a loop resolves when a timer empties the map (${backend})`, async () => {
    const { map, peer } = busy({ write: false });
    const end = loop({ backend, map, timeout: null });
    setTimeout(() => closeAll(map), 20);
    await within(end, 2, 'the loop to end');
    peer.close();
  });

  test(`one map has one loop() at a time, and two maps can have one each (${backend})`, async () => {
    const { map, channel, peer } = busy({ write: false, on: { read: (self) => self.close() } });
    const {
      map: others,
      channel: other,
      peer: otherPeer,
    } = busy({ write: false, on: { read: (self) => self.close() } });
    const ends = [loop({ backend, map }), loop({ backend, map: others, timeout: 0.01 })];
    await expect(loop({ backend, map })).rejects.toMatchObject({ code: 'ERR_LOOP_RUNNING' });
    otherPeer.send('x');
    await within(Promise.all(ends.slice(1)), 2, 'the second loop to end');
    peer.send('x');
    await within(Promise.all(ends), 2, 'the first loop to end');
    expect([channel.calls, other.calls]).toEqual([['read'], ['read']]);
    peer.close();
    otherPeer.close();
  });
}

for (const way of WAYS) {
  test(`single passes see what happened in between (${way.name})`, async () => {
    const { map, channel, peer, close } = busy({ write: false });
    await way.passes(1, 0, map);
    peer.send('x');
    await way.passes(1, 1, map);
    channel.recv(1);
    await way.passes(1, 0, map);
    expect(channel.calls).toEqual(['read']);
    close();
  });
}
