// Sockets without a peer, which Linux reports as writable and hung up: a stream socket is not polled
// until it is connected or listens, a datagram socket is.
import { expect, test } from 'vitest';
import type { ChannelMap } from '../../lib/index.ts';
import { SOCK_DGRAM, Socket, socketpair } from '../../lib/socket.ts';
import { FAMILIES, passesUntil, WAYS } from '../support/matrix.ts';
import { listening } from '../support/pair.ts';
import { Recorder } from '../support/recorder.ts';

for (const way of WAYS) {
  for (const family of FAMILIES) {
    test(`a stream socket gets no events until it is connected (${family.name}, ${way.name})`, async () => {
      const map: ChannelMap = new Map();
      const channel = new Recorder({ map, write: true });
      channel.createSocket(family.family);
      await way.passes(3, 0.01, map);
      expect(channel.calls).toEqual([]);
      expect([...map.values()]).toEqual([channel]);
      // From connect() on, it is served.
      const listener = listening(family);
      channel.connect(listener.getsockname());
      await passesUntil(way, () => channel.calls.includes('write'), map);
      expect(channel.calls).toEqual(['connect', 'write']);
      channel.close();
      listener.close();
    });

    test(`an unconnected socket passed to the constructor gets no events (${family.name}, ${way.name})`, async () => {
      const map: ChannelMap = new Map();
      const channel = new Recorder({ sock: new Socket(family.family), map, write: true });
      expect(channel.connected).toBe(false);
      await way.passes(2, 0.01, map);
      expect(channel.calls).toEqual([]);
      channel.close();
    });

    test(`a listening socket is served (${family.name}, ${way.name})`, async () => {
      const map: ChannelMap = new Map();
      const channel = new Recorder({ map, on: { accepted: (self) => self.accepted.at(-1)?.[0].close() } });
      channel.createSocket(family.family);
      channel.bind(family.address());
      await way.passes(1, 0.01, map);
      channel.listen(5);
      const client = new Socket(family.family);
      client.connectEx(channel.socket?.getsockname() ?? '');
      await passesUntil(way, () => channel.calls.length > 0, map);
      expect(channel.calls).toEqual(['accepted']);
      channel.close();
      client.close();
    });

    test(`datagram sockets are read without having a peer (${family.name}, ${way.name})`, async () => {
      const map: ChannelMap = new Map();
      const channel = new Recorder({ map, on: { read: (self) => self.recv(10) } });
      channel.createSocket(family.family, SOCK_DGRAM);
      channel.bind(family.address());
      const peer = new Socket(family.family, SOCK_DGRAM);
      peer.sendto('x', channel.socket?.getsockname() ?? '');
      await way.passes(1, 1, map);
      expect(channel.calls).toEqual(['read']);
      expect(channel.connected).toBe(false);
      channel.close();
      peer.close();
    });
  }

  test(`a read event of a channel neither connected nor connecting calls handleRead only (${way.name})`, async () => {
    const map: ChannelMap = new Map();
    const [sock, peer] = socketpair();
    const channel = new Recorder({ sock, map });
    channel.connected = false;
    peer.send('x');
    await way.passes(1, 1, map);
    expect(channel.calls).toEqual(['read']);
    expect(channel.connected).toBe(false);
    channel.close();
    peer.close();
  });
}
