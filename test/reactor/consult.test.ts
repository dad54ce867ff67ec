// The beginning of a pass: every channel is asked what it wants to be waited for, and nothing else
// is waited for (docs/behaviour.md, sections A3 and A4).
import { expect, test } from 'vitest';
import { type ChannelMap, pollSync, socketMap } from '../../lib/index.ts';
import { MSG_OOB, socketpair } from '../../lib/socket.ts';
import { FAMILIES, WAYS } from '../support/matrix.ts';
import { connectedPair, listening } from '../support/pair.ts';
import { Recorder } from '../support/recorder.ts';
import { duration } from '../support/time.ts';

const [INET] = FAMILIES;
if (INET === undefined) throw new Error('no family');

/** A channel that records each question. */
class Asked extends Recorder {
  override readable() {
    this.calls.push(`${this.name}r?`);
    return super.readable();
  }

  override writable() {
    this.calls.push(`${this.name}w?`);
    return super.writable();
  }
}

function closing(channels: Iterable<{ close(): void }>): void {
  for (const channel of channels) channel.close();
}

for (const way of WAYS) {
  test(`readable() and then writable() are asked once per pass, in map order (${way.name})`, async () => {
    const map: ChannelMap = new Map();
    const calls: string[] = [];
    const [a, b] = socketpair();
    const [c, d] = socketpair();
    // The higher descriptor enters first.
    const channels = [c, a].map((sock, i) => new Asked({ sock, map, calls, name: String(i + 1), read: false }));
    for (const channel of channels) channel.write = true;
    await way.passes(2, 1, map);
    const asked = ['1r?', '1w?', '2r?', '2w?', '1write', '2write'];
    expect(calls).toEqual([...asked, ...asked]);
    closing([...channels, b, d]);
  });

  test(`a listener is asked both, but waits for input only (${way.name})`, async () => {
    const map: ChannelMap = new Map();
    const sock = listening(INET);
    const listener = new Asked({ sock, map, write: true, on: { accept: () => {} } });
    listener.accepting = true;
    const peer = new Recorder({ map: new Map() });
    peer.createSocket(INET.family);
    peer.connect(sock.getsockname());
    await way.passes(1, 1, map);
    expect(listener.calls).toEqual(['r?', 'w?', 'accept']);
    // A connection is pending, but only the wish to write is there.
    listener.read = false;
    listener.calls.length = 0;
    expect(await duration(() => way.passes(1, 0.1, map))).toBeGreaterThanOrEqual(0.1);
    expect(new Set(listener.calls)).toEqual(new Set(['r?', 'w?']));
    closing([listener, peer]);
  });

  test(`a channel gets only the events it asked for (${way.name})`, async () => {
    const happens = async (read: boolean, write: boolean) => {
      const map: ChannelMap = new Map();
      const [sock, peer] = socketpair();
      const channel = new Recorder({ sock, map, read, write });
      peer.send('x');
      await way.passes(1, 0.01, map);
      closing([channel, peer]);
      return channel.calls;
    };
    expect(await happens(true, true)).toEqual(['read', 'write']);
    expect(await happens(true, false)).toEqual(['read']);
    expect(await happens(false, true)).toEqual(['write']);
    expect(await happens(false, false)).toEqual([]);
  });

  test(`an accepting channel is never waited for to become writable (${way.name})`, async () => {
    class Odd extends Recorder {
      override handleWriteEvent() {
        return this.calls.push('write event');
      }
    }
    const map: ChannelMap = new Map();
    const [sock, peer] = socketpair();
    const channel = new Odd({ sock, map, write: true });
    channel.accepting = true;
    await way.passes(2, 0.01, map);
    expect(channel.calls).toEqual([]);
    closing([channel, peer]);
  });

  test(`urgent data reaches readers and writers with select, readers with poll (${way.name})`, async () => {
    const happens = async (read: boolean, write: boolean) => {
      const map: ChannelMap = new Map();
      const [sock, peer] = connectedPair(INET);
      const channel = new Recorder({ sock, map, read, write });
      peer.send('!', MSG_OOB);
      await way.passes(1, 0.05, map);
      closing([channel, peer]);
      return channel.calls.filter((call) => call === 'expt').length;
    };
    expect(await happens(true, false)).toBe(1);
    expect(await happens(false, true)).toBe(way.backend === 'select' ? 1 : 0);
    expect(await happens(false, false)).toBe(0);
  });

  test(`a channel that wants nothing gets no event, not even its peer's end (${way.name})`, async () => {
    const map: ChannelMap = new Map();
    const [sock, peer] = socketpair();
    const channel = new Recorder({ sock, map, read: false });
    peer.send('x');
    peer.close();
    expect(await duration(() => way.passes(1, 0.05, map))).toBeGreaterThanOrEqual(0.05);
    expect(channel.calls).toEqual([]);
    channel.close();
  });

  test(`a channel added during a pass waits for the next one (${way.name})`, async () => {
    const map: ChannelMap = new Map();
    const calls: string[] = [];
    const [a, b] = socketpair();
    const [c, d] = socketpair();
    const made: Recorder[] = [];
    const add = () => made.push(new Recorder({ sock: c, map, calls, name: '2', write: true }));
    const first = new Recorder({ sock: a, map, calls, name: '1', on: { read: add } });
    b.send('x');
    d.send('x');
    await way.passes(1, 1, map);
    expect(calls).toEqual(['1read']);
    first.read = false;
    await way.passes(1, 1, map);
    expect(calls).toEqual(['1read', '2read', '2write']);
    closing([first, ...made, b, d]);
  });

  for (const predicate of ['readable', 'writable'] as const) {
    test(`an error that a predicate throws goes to its own channel's handleError (${predicate}(), ${way.name})`, async () => {
      const map: ChannelMap = new Map();
      const [a, b] = socketpair();
      const [c, d] = socketpair();
      const bad = new Recorder({ sock: a, map });
      bad[predicate] = () => {
        throw new Error('who knows');
      };
      const good = new Recorder({ sock: c, map });
      d.send('x');
      await way.passes(1, 1, map);
      expect(bad.calls).toEqual(['error who knows']);
      expect([...map.values()]).toEqual([good]);
      expect(good.calls).toEqual(['read']);
      closing([good, b, d]);
    });
  }
}

test('an empty map that is given is not replaced by socketMap', () => {
  const [sock, peer] = socketpair();
  const channel = new Asked({ sock });
  peer.send('x');
  pollSync(0, new Map());
  expect(channel.calls).toEqual([]);
  pollSync(0);
  expect(channel.calls).toEqual(['r?', 'w?', 'read']);
  expect(socketMap.size).toBe(1);
  closing([channel, peer]);
});
