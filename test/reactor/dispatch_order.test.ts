// The order in which a pass serves what is ready (docs/behaviour.md, sections A3, A4 and A9).
import { expect, test } from 'vitest';
import { type ChannelMap, ExitNow } from '../../lib/index.ts';
import { MSG_OOB, type Socket, socketpair } from '../../lib/socket.ts';
import { BACKENDS, FAMILIES, WAYS } from '../support/matrix.ts';
import { connectedPair } from '../support/pair.ts';
import { Recorder } from '../support/recorder.ts';

/** Channels 1 and 2, both ready to read and to write; the higher descriptor enters first. */
function readyChannels(count = 2) {
  const map: ChannelMap = new Map();
  const calls: string[] = [];
  const pairs = Array.from({ length: count }, () => socketpair()).reverse();
  const channels = pairs.map(([sock], i) => new Recorder({ sock, map, calls, name: String(i + 1), write: true }));
  for (const [, peer] of pairs) peer.send('x');
  const closeAll = () => {
    for (const channel of channels) channel.close();
    for (const [, peer] of pairs) peer.close();
  };
  return { map, calls, channels, closeAll };
}

for (const way of WAYS) {
  test(`select serves all reads, then all writes, poll channel by channel, both in map order (${way.name})`, async () => {
    const { map, calls, channels, closeAll } = readyChannels(3);
    const fds = channels.map((channel) => channel.fileno());
    expect(fds).toEqual(fds.toSorted((a, b) => b - a));
    await way.passes(1, 1, map);
    expect(calls).toEqual(
      way.backend === 'select'
        ? ['1read', '2read', '3read', '1write', '2write', '3write']
        : ['1read', '1write', '2read', '2write', '3read', '3write'],
    );
    closeAll();
  });

  test(`a channel that left the map and came back is served last (${way.name})`, async () => {
    const { map, calls, channels, closeAll } = readyChannels(3);
    const [first] = channels;
    const fd = first?.fileno() ?? -1;
    if (first !== undefined) {
      map.delete(fd);
      map.set(fd, first);
    }
    for (const channel of channels) channel.write = false;
    await way.passes(1, 1, map);
    expect(calls).toEqual(['2read', '3read', '1read']);
    closeAll();
  });

  for (const family of FAMILIES) {
    if (family.name === 'unix') continue;
    test(`data, room to write and urgent data are served as read, write, expt (${family.name}, ${way.name})`, async () => {
      const map: ChannelMap = new Map();
      const [sock, peer] = connectedPair(family);
      peer.send('x');
      peer.send('!', MSG_OOB);
      const channel = new Recorder({ sock, map, write: true });
      await way.passes(1, 1, map);
      expect(channel.calls).toEqual(['read', 'write', 'expt']);
      channel.close();
      peer.close();
    });
  }

  test(`a channel closed earlier in the pass is not served (${way.name})`, async () => {
    const { map, calls, channels, closeAll } = readyChannels(3);
    const [first, second] = channels;
    Object.assign(first?.on ?? {}, { read: () => second?.close() });
    await way.passes(1, 1, map);
    expect(calls).toEqual(
      way.backend === 'select' ? ['1read', '3read', '1write', '3write'] : ['1read', '1write', '3read', '3write'],
    );
    closeAll();
  });

  test(`a channel that left the map gets no further step, even of the same pass (${way.name})`, async () => {
    const { map, calls, channels, closeAll } = readyChannels(2);
    const [first, second] = channels;
    Object.assign(first?.on ?? {}, { read: () => first?.delChannel(), write: () => {} });
    await way.passes(1, 1, map);
    expect(calls).toEqual(['1read', '2read', '2write']);
    expect([...map.values()]).toEqual([second]);
    closeAll();
  });

  test(`an exception that leaves a pass skips the rest of it, and the map stays as it is (${way.name})`, async () => {
    const { map, calls, channels, closeAll } = readyChannels(2);
    const exit = () => {
      throw new ExitNow();
    };
    Object.assign(channels[0]?.on ?? {}, { read: exit });
    await expect(way.passes(1, 1, map)).rejects.toThrow(ExitNow);
    expect(calls).toEqual(['1read']);
    expect([...map.values()]).toEqual(channels);
    closeAll();
  });
}

for (const backend of BACKENDS) {
  test(`unread input is reported again in every pass (${backend})`, async () => {
    for (const way of WAYS.filter((one) => one.backend === backend)) {
      const map: ChannelMap = new Map();
      const [sock, peer]: [Socket, Socket] = socketpair();
      const channel = new Recorder({ sock, map });
      peer.send('x');
      await way.passes(5, 1, map);
      expect(channel.calls).toEqual(Array(5).fill('read'));
      channel.recv(1);
      await way.passes(2, 0.01, map);
      expect(channel.calls.length).toBe(5);
      channel.close();
      peer.close();
    }
  });
}
