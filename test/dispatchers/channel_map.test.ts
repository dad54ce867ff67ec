// How a dispatcher comes into its map and leaves it, and how it shows itself
// (docs/behaviour.md, section A6).
import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { type ChannelMap, Dispatcher, loop, pollSync, socketMap } from '../../lib/index.ts';
import { AF_UNIX, Socket, socketpair } from '../../lib/socket.ts';
import { Dummy } from '../support/dummy.ts';
import { systemFailure } from '../support/failure.ts';
import { isNonBlocking } from '../support/flags.ts';
import { FAMILIES, WAYS } from '../support/matrix.ts';
import { connectedPair, listening } from '../support/pair.ts';
import { Recorder } from '../support/recorder.ts';
import { within } from '../support/time.ts';

test('a dispatcher without a socket is in no map', () => {
  const channel = new Dispatcher();
  expect([channel.socket, channel.fileno(), channel.addr]).toEqual([null, -1, null]);
  expect(new Dispatcher(null).socket).toBeNull();
  expect(socketMap.size).toBe(0);
  channel.close();
});

for (const family of FAMILIES) {
  test(`a dispatcher makes its socket non-blocking and knows its peer (${family.name})`, () => {
    const [sock, peer] = connectedPair(family);
    sock.setBlocking(true);
    const channel = new Dispatcher(sock);
    expect(channel.socket).toBe(sock);
    expect(channel.connected).toBe(true);
    expect(channel.addr).toEqual(sock.getpeername());
    expect(channel.fileno()).toBe(sock.fileno());
    expect([...socketMap]).toEqual([[sock.fileno(), channel]]);
    expect(sock.getBlocking()).toBe(false);
    expect(isNonBlocking(sock.fileno())).toBe(true);
    channel.close();
    peer.close();
  });

  test(`a dispatcher takes a socket without a peer (${family.name})`, () => {
    const map: ChannelMap = new Map();
    const channel = new Dispatcher(new Socket(family.family), map);
    expect([channel.connected, channel.addr]).toEqual([false, null]);
    expect([...map.values()]).toEqual([channel]);
    channel.close();
  });

  test(`a socket that already listens is known as listening (${family.name})`, () => {
    const map: ChannelMap = new Map();
    for (const give of [
      (sock: Socket) => new Recorder({ sock, map }),
      (sock: Socket) => {
        const channel = new Recorder({ map });
        channel.setSocket(sock);
        return channel;
      },
    ]) {
      const sock = listening(family);
      const channel = give(sock);
      expect([channel.connected, channel.accepting]).toEqual([false, true]);
      const client = new Socket(family.family);
      client.connectEx(sock.getsockname());
      pollSync(1, map);
      expect(channel.calls).toEqual(['accepted']);
      for (const [accepted] of channel.accepted) accepted.close();
      channel.close();
      client.close();
    }
  });
}

test('a peer that is already gone (EINVAL, ENOTCONN) is no error', () => {
  for (const name of ['EINVAL', 'ENOTCONN']) {
    const [sock, peer] = socketpair();
    sock.getpeername = () => {
      throw systemFailure(name, 'getpeername');
    };
    const map: ChannelMap = new Map();
    const channel = new Dispatcher(sock, map);
    expect(channel.connected).toBe(false);
    expect([...map.values()]).toEqual([channel]);
    channel.close();
    peer.close();
  }
});

test('any other error from getpeername() is thrown, and the map is as it was', () => {
  const [sock, peer] = socketpair();
  sock.getpeername = () => {
    throw systemFailure('ENOBUFS', 'getpeername');
  };
  const map: ChannelMap = new Map();
  expect(() => new Dispatcher(sock, map)).toThrow('ENOBUFS');
  expect(map.size).toBe(0);
  Reflect.deleteProperty(sock, 'getpeername');
  sock.close();
  expect(() => new Dispatcher(sock, map)).toThrow('EBADF');
  expect(map.size).toBe(0);
  peer.close();
});

test('a map that is given is used for everything that follows', () => {
  const map: ChannelMap = new Map();
  const channel = new Dispatcher(null, map);
  channel.createSocket();
  expect([...map]).toEqual([[channel.fileno(), channel]]);
  channel.delChannel();
  expect(map.size).toBe(0);
  const { socket } = channel;
  if (socket !== null) channel.setSocket(socket);
  expect(map.size).toBe(1);
  channel.close();
  expect([map.size, socketMap.size]).toEqual([0, 0]);
});

test('an object that is not a Map is refused as a map', () => {
  expect(() => Reflect.construct(Dispatcher, [null, {}])).toThrow(
    expect.objectContaining({ code: 'ERR_INVALID_ARG_TYPE' }),
  );
});

test('a channel replaces another with the same descriptor, whose close() then removes the new one', () => {
  const map: ChannelMap = new Map();
  const [sock, peer] = socketpair();
  const old = new Dispatcher(sock, map);
  const next = new Dispatcher(sock, map);
  expect([...map]).toEqual([[sock.fileno(), next]]);
  old.close();
  expect(map.size).toBe(0);
  next.close();
  peer.close();
});

test('close() leaves every map, also one that no loop has served yet', () => {
  const [own, other, foreign]: ChannelMap[] = [new Map(), new Map(), new Map()];
  const [sock, peer] = socketpair();
  const channel = new Dispatcher(sock, own);
  channel.addChannel(other);
  foreign?.set(channel.fileno(), channel);
  channel.close();
  pollSync(0, foreign);
  expect([own?.size, other?.size, foreign?.size]).toEqual([0, 0, 0]);
  peer.close();
});

test('a channel in two maps that are served leaves the other one when it closes in the first', async () => {
  const [own, other]: [ChannelMap, ChannelMap] = [new Map(), new Map()];
  const [sock, peer] = socketpair();
  const channel = new Recorder({ sock, map: own, on: { read: (self) => self.recv(1) } });
  channel.addChannel(other);
  peer.close();
  await within(Promise.all([loop({ map: own }), loop({ map: other })]), 5, 'both loops to end');
  expect(channel.calls.filter((call) => call === 'close')).toEqual(['close']);
});

test('addChannel() and delChannel() accept another map', () => {
  const [own, other]: ChannelMap[] = [new Map(), new Map()];
  const [sock, peer] = socketpair();
  const channel = new Dispatcher(sock, own);
  channel.addChannel(other);
  expect([own?.size, other?.size]).toEqual([1, 1]);
  channel.delChannel(other);
  expect([own?.size, other?.size]).toEqual([1, 0]);
  expect(channel.fileno()).toBe(-1);
  own?.clear();
  channel.close();
  peer.close();
});

test('delChannel() removes whichever channel has the number, and forgets the number in any case', () => {
  const map: ChannelMap = new Map();
  const [sock, peer] = socketpair();
  const channel = new Dispatcher(sock, map);
  const fd = channel.fileno();
  map.set(fd, new Dummy());
  channel.delChannel();
  expect([map.size, channel.fileno()]).toEqual([0, -1]);
  channel.delChannel();
  expect(channel.fileno()).toBe(-1);
  channel.close();
  peer.close();
});

test('setSocket() takes a socket as it is, and leaves the previous one alone', () => {
  const map: ChannelMap = new Map();
  const channel = new Dispatcher(null, map);
  channel.createSocket();
  const first = channel.socket;
  channel.createSocket();
  const second = channel.socket;
  expect([...map.values()]).toEqual([channel, channel]);
  expect(first?.fileno()).toBeGreaterThanOrEqual(0);
  const [sock, peer] = socketpair();
  sock.setBlocking(true);
  channel.setSocket(sock, map);
  expect(sock.getBlocking()).toBe(true);
  expect([map.size, channel.fileno()]).toEqual([3, sock.fileno()]);
  channel.close();
  map.clear();
  for (const one of [first, second, peer]) one?.close();
});

for (const way of WAYS) {
  test(`delChannel() and setSocket() put another object around the same descriptor (${way.name})`, async () => {
    const map: ChannelMap = new Map();
    const [sock, peer] = socketpair();
    const channel = new Recorder({ sock, map, on: { read: (self) => self.recv(10) } });
    await way.passes(1, 0, map);
    channel.delChannel();
    const wrapped = Socket.fromFd(sock.detach());
    channel.setSocket(wrapped);
    peer.send('x');
    await way.passes(1, 1, map);
    expect(channel.calls).toEqual(['read']);
    expect([...map]).toEqual([[wrapped.fileno(), channel]]);
    channel.close();
    peer.close();
  });

  test(`any object with the methods of a channel may be in a map (${way.name})`, async () => {
    const map: ChannelMap = new Map();
    const [a, b] = socketpair();
    const [c, d] = socketpair();
    const own = new Dummy({ writable: () => true });
    map.set(a.fileno(), own);
    const channel = new Recorder({ sock: c, map });
    b.send('x');
    d.send('x');
    await way.passes(1, 1, map);
    expect(own.calls).toEqual(['read', 'write']);
    expect(channel.calls).toEqual(['read']);
    map.delete(a.fileno());
    for (const one of [channel, a, b, d]) one.close();
  });
}

test('toString() shows class, state, address and descriptor', () => {
  class Own extends Dispatcher {}
  const channel = new Own();
  expect(String(channel)).toBe('<Own>');
  channel.createSocket();
  const fd = `fd=${channel.fileno()}`;
  expect(`${channel}`).toBe(`<Own ${fd}>`);
  channel.bind(['127.0.0.1', 0]);
  expect(`${channel}`).toBe(`<Own 127.0.0.1:0 ${fd}>`);
  channel.listen(1);
  expect(`${channel}`).toBe(`<Own listening 127.0.0.1:0 ${fd}>`);
  expect(inspect(channel)).toBe(`${channel}`);
  channel.close();
  expect(`${channel}`).toBe('<Own 127.0.0.1:0>');
});

test('toString() shows other addresses as JSON', () => {
  const [sock, peer] = socketpair(AF_UNIX);
  const channel = new Dispatcher(sock);
  expect(`${channel}`).toBe(`<Dispatcher connected "" fd=${sock.fileno()}>`);
  channel.close();
  peer.close();
  channel.addr = ['::1', 80, 0, 0];
  expect(`${channel}`).toBe('<Dispatcher ["::1",80,0,0]>');
  channel.addr = '/run/x';
  expect(`${channel}`).toBe('<Dispatcher "/run/x">');
});

test('addChannel(), delChannel() and setSocket() may be overridden', () => {
  const calls: string[] = [];
  class Own extends Dispatcher {
    override addChannel(map?: ChannelMap) {
      calls.push('add');
      super.addChannel(map);
    }
    override delChannel(map?: ChannelMap) {
      calls.push('del');
      super.delChannel(map);
    }
    override setSocket(sock: Socket, map?: ChannelMap) {
      calls.push('set');
      super.setSocket(sock, map);
    }
  }
  const channel = new Own();
  channel.createSocket();
  channel.close();
  expect(calls).toEqual(['set', 'add', 'del']);
});
