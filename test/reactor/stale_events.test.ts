// An event reaches only the channel that was asked for it. Descriptors' numbers are reused at once,
// so a number that was ready may name another channel by the time it is served.
import { expect, test } from 'vitest';
import type { ChannelMap } from '../../lib/index.ts';
import { socketpair } from '../../lib/socket.ts';
import { Dummy } from '../support/dummy.ts';
import { WAYS } from '../support/matrix.ts';
import { Recorder } from '../support/recorder.ts';

for (const way of WAYS) {
  test(`a channel that gets the number of a closed one does not get its events (${way.name})`, async () => {
    const map: ChannelMap = new Map();
    const calls: string[] = [];
    const [a, b] = socketpair();
    const [c, d] = socketpair();
    const made: Recorder[] = [];
    const first = new Recorder({
      sock: a,
      map,
      calls,
      name: '1',
      on: {
        read: () => {
          second.close();
          const sock = socketpair();
          for (const one of sock) made.push(new Recorder({ sock: one, map, calls, name: 'new ', write: true }));
        },
      },
    });
    const second = new Recorder({ sock: c, map, calls, name: '2', write: true });
    const number = second.fileno();
    b.send('x');
    d.send('x');
    await way.passes(1, 1, map);
    expect(made.map((channel) => channel.fileno())).toContain(number);
    expect(calls).toEqual(['1read']);
    // They are served in the next one.
    first.on.read = () => {};
    await way.passes(1, 1, map);
    expect(calls.filter((call) => call === 'new write').length).toBe(2);
    for (const one of [first, ...made, b, d]) one.close();
  });

  test(`an object that a handler puts in a channel's place does not get its events (${way.name})`, async () => {
    const map: ChannelMap = new Map();
    const [a, b] = socketpair();
    const other = new Dummy();
    const first: Recorder = new Recorder({
      sock: a,
      map,
      write: true,
      on: { read: () => map.set(a.fileno(), other) },
    });
    b.send('x');
    await way.passes(1, 1, map);
    expect(first.calls).toEqual(['read']);
    expect(other.calls).toEqual([]);
    await way.passes(1, 1, map);
    expect(other.calls).toEqual(['read']);
    map.clear();
    first.close();
    b.close();
  });

  test(`a channel that leaves and returns counts as a new one (${way.name})`, async () => {
    const map: ChannelMap = new Map();
    const [a, b] = socketpair();
    const channel: Recorder = new Recorder({
      sock: a,
      map,
      write: true,
      on: {
        read: () => {
          channel.delChannel();
          channel.setSocket(a, map);
        },
      },
    });
    b.send('x');
    await way.passes(1, 1, map);
    expect(channel.calls).toEqual(['read']);
    channel.on.read = () => {};
    await way.passes(1, 1, map);
    expect(channel.calls).toEqual(['read', 'read', 'write']);
    channel.close();
    b.close();
  });
}

test('close() of a channel whose socket was already closed leaves the new owner of its number in the map', () => {
  const map: ChannelMap = new Map();
  const [a, b] = socketpair();
  const first = new Recorder({ sock: a, map });
  const number = first.fileno();
  a.close();
  const second = socketpair().map((sock) => new Recorder({ sock, map }));
  const objects = [second.find((channel) => channel.fileno() === number), new Dummy()];
  for (const there of objects) {
    if (there === undefined) throw new Error('the number was not given out again');
    map.set(number, there);
    first.delChannel();
    first.close();
    expect(map.get(number)).toBe(there);
  }
  for (const one of [...second, b]) one.close();
  map.clear();
});

test('a pass inside a handler has events of its own', async () => {
  const [way] = WAYS.filter(({ name }) => name === 'select sync');
  if (way === undefined) throw new Error('no such way');
  const map: ChannelMap = new Map();
  const calls: string[] = [];
  const [a, b] = socketpair();
  const [c, d] = socketpair();
  const nested = (self: Recorder) => {
    self.read = false;
    void way.passes(1, 0, map);
  };
  const first = new Recorder({ sock: a, map, calls, name: '1', on: { read: nested } });
  const second = new Recorder({ sock: c, map, calls, name: '2', on: { read: (self) => self.close() } });
  b.send('x');
  d.send('x');
  await way.passes(1, 1, map);
  // The inner pass served the second, which then was gone for the outer one.
  expect(calls).toEqual(['1read', '2read']);
  for (const one of [first, second, b, d]) one.close();
});
