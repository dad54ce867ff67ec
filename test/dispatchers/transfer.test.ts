// send(), recv() and close() (docs/behaviour.md, section A8). Unlike in CPython, an empty datagram is
// data and not the end.
import { expect, test } from 'vitest';
import { AsyncChat, type ChannelMap, Dispatcher, DispatcherWithSend } from '../../lib/index.ts';
import { SHUT_WR, SO_ERROR, SOCK_DGRAM, SOL_SOCKET, Socket, socketpair } from '../../lib/socket.ts';
import { systemFailure, thrownBy } from '../support/failure.ts';
import { FAMILIES, type Family, passesUntil, WAYS } from '../support/matrix.ts';
import { connectedPair, fill, listening, reset } from '../support/pair.ts';
import { Recorder, type RecorderOptions } from '../support/recorder.ts';
import { eventually } from '../support/wait.ts';

const STREAMS = FAMILIES.filter(({ name }) => name !== 'unix');

function served(family: Family, options: RecorderOptions = {}) {
  const [sock, peer] = connectedPair(family);
  const channel = new Recorder({ map: new Map(), ...options, sock });
  const close = () => {
    channel.close();
    peer.close();
  };
  return { channel, sock, peer, close };
}

for (const family of FAMILIES) {
  const { name } = family;

  test(`send() returns how many bytes were taken, and recv() returns 1 to n (${name})`, () => {
    const { channel, peer, close } = served(family);
    expect(channel.send('hello')).toBe(5);
    expect(`${peer.recv(100)}`).toBe('hello');
    peer.send('abcdef');
    expect(`${channel.recv(4)}`).toBe('abcd');
    expect(`${channel.recv(4)}`).toBe('ef');
    const view = new Uint8Array(3);
    peer.send('xyz!');
    expect(channel.recvInto(view)).toBe(3);
    expect(Buffer.from(view).toString()).toBe('xyz');
    expect(`${channel.recv(1)}`).toBe('!');
    expect(channel.calls).toEqual([]);
    close();
  });

  test(`send() takes a part, and returns 0 when there is no room (${name})`, async () => {
    const { channel, sock, close } = served(family);
    const most = 64 << 20;
    const sent = channel.send(Buffer.alloc(most));
    expect(sent).toBeGreaterThan(0);
    expect(sent).toBeLessThan(most);
    // TCP goes on moving bytes to the peer for a while, which makes room, and more of it than single bytes fill.
    const isFull = () => fill(sock) >= 0 && channel.send('x') === 0;
    await eventually(isFull, 'there is always room');
    expect(channel.calls).toEqual([]);
    close();
  });

  test(`send() to a peer that is gone calls handleClose and returns 0 (${name})`, () => {
    const { channel, peer } = served(family);
    reset(peer);
    expect([channel.send('x'), ...channel.calls]).toEqual([0, 'close']);
  });

  test(`recv() at the end of input calls handleClose and returns nothing (${name})`, () => {
    const { channel, peer } = served(family);
    peer.send('x');
    peer.close();
    expect(`${channel.recv(10)}`).toBe('x');
    expect(channel.calls).toEqual([]);
    expect(channel.recv(10)).toEqual(Buffer.alloc(0));
    expect(channel.calls).toEqual(['close']);
    const { channel: other, peer: otherPeer } = served(family);
    otherPeer.close();
    expect([other.recvInto(new Uint8Array(3)), ...other.calls]).toEqual([0, 'close']);
  });

  test(`recv() with nothing there throws EAGAIN (${name})`, () => {
    const { channel, close } = served(family);
    expect(() => channel.recv(10)).toThrow(expect.objectContaining({ code: 'EAGAIN', syscall: 'recv' }));
    expect(() => channel.recvInto(new Uint8Array(3))).toThrow(expect.objectContaining({ code: 'EAGAIN' }));
    expect(channel.calls).toEqual([]);
    close();
  });

  test(`a half-close by the peer is a full close (${name})`, async () => {
    for (const way of WAYS) {
      const map: ChannelMap = new Map();
      const { channel, peer } = served(family, { map, on: { read: (self) => self.recv(10) } });
      peer.shutdown(SHUT_WR);
      await passesUntil(way, () => map.size === 0, map);
      expect(channel.calls).toEqual(['read', 'close']);
      expect(channel.send('x')).toBe(0);
      peer.close();
    }
  });

  test(`recv() of an empty datagram does not close the channel (${name})`, async () => {
    for (const way of WAYS) {
      const map: ChannelMap = new Map();
      const received: unknown[] = [];
      const view = new Uint8Array(4);
      const channel = new Recorder({ map, on: { read: (self) => received.push(self.recv(10).toString()) } });
      channel.createSocket(family.family, SOCK_DGRAM);
      channel.bind(family.address());
      const there = channel.socket?.getsockname() ?? '';
      const peer = new Socket(family.family, SOCK_DGRAM);
      for (const data of ['', 'x']) peer.sendto(data, there);
      await way.passes(2, 1, map);
      expect(received).toEqual(['', 'x']);
      peer.sendto('', there);
      expect(channel.recvInto(view)).toBe(0);
      expect(channel.calls).toEqual(['read', 'read']);
      expect([...map.values()]).toEqual([channel]);
      channel.close();
      peer.close();
    }
  });

  test(`send() throws other errors (${name})`, () => {
    const channel = new Recorder({ map: new Map() });
    channel.createSocket(family.family, SOCK_DGRAM);
    const peer = new Socket(family.family, SOCK_DGRAM);
    peer.bind(family.address());
    channel.connect(peer.getsockname());
    expect(() => channel.send(Buffer.alloc(1 << 20))).toThrow(expect.objectContaining({ code: 'EMSGSIZE' }));
    expect(channel.calls).toEqual(['connect']);
    channel.close();
    peer.close();
  });
}

for (const family of STREAMS) {
  test(`send() on a stream socket that was never connected calls handleClose (${family.name})`, () => {
    const channel = new Recorder({ map: new Map() });
    channel.createSocket(family.family);
    expect([channel.send('x'), ...channel.calls]).toEqual([0, 'close']);
  });

  test(`recv() after a reset calls handleClose and returns nothing (${family.name})`, () => {
    const { channel, peer } = served(family);
    reset(peer);
    expect(channel.recv(10)).toEqual(Buffer.alloc(0));
    expect(channel.calls).toEqual(['close']);
  });

  test(`the pending error of a socket is seen once: handleExptEvent reads it, and so clears it (${family.name})`, async () => {
    const listener = listening(family);
    const there = listener.getsockname();
    listener.close();
    const channel = new Recorder({ map: new Map(), on: { close: () => {} } });
    channel.createSocket(family.family);
    channel.connect(there);
    channel.handleExptEvent();
    expect(channel.calls).toEqual(['close']);
    expect(channel.socket?.getsockopt(SOL_SOCKET, SO_ERROR)).toBe(0);
    channel.handleExptEvent();
    expect(channel.calls).toEqual(['close', 'expt']);
    channel.close();
  });
}

test('close() leaves the map, closes the socket and calls no handler, and handleClose() closes', () => {
  const map: ChannelMap = new Map();
  const [sock, peer] = socketpair();
  const channel = new Recorder({ sock, map });
  channel.accepting = true;
  channel.connecting = true;
  channel.close();
  expect(channel.calls).toEqual([]);
  expect([channel.connected, channel.accepting, channel.connecting, map.size]).toEqual([false, false, false, 0]);
  expect([channel.fileno(), sock.fileno()]).toEqual([-1, -1]);
  const other = new Dispatcher(peer, map);
  other.handleClose();
  expect([map.size, peer.fileno()]).toEqual([0, -1]);
});

test('close() ignores errors that say that the peer is gone, and throws others after leaving the map', () => {
  for (const [name, expected] of [
    ['ENOTCONN', undefined],
    ['EBADF', undefined],
    ['EIO', systemFailure('EIO', 'close')],
  ] as const) {
    const map: ChannelMap = new Map();
    const [sock, peer] = socketpair();
    const channel = new Dispatcher(sock, map);
    const close = sock.close.bind(sock);
    sock.close = () => {
      close();
      throw systemFailure(name, 'close');
    };
    expect(thrownBy(() => channel.close())).toEqual(expected);
    expect([map.size, channel.connected]).toEqual([0, false]);
    peer.close();
  }
});

test('close() does no harm a second time or without a socket', () => {
  const [sock, peer] = socketpair();
  const channel = new Dispatcher(sock, new Map());
  channel.close();
  // The number may be somebody else's now.
  const [other, otherPeer] = socketpair();
  channel.close();
  expect(other.send('x')).toBe(1);
  new Dispatcher().close();
  for (const one of [peer, other, otherPeer]) one.close();
});

test('the socket attribute stays after close(), and receiving from it is the end of input again', () => {
  const [sock, peer] = socketpair();
  const channel = new Recorder({ sock, map: new Map() });
  channel.close();
  expect(channel.socket).toBe(sock);
  expect(channel.recv(10)).toEqual(Buffer.alloc(0));
  expect(channel.calls).toEqual(['close']);
  expect(channel.send('x')).toBe(0);
  expect(channel.calls).toEqual(['close', 'close']);
  peer.close();
});

test('close() throws away what waits to be sent, and a closed channel keeps nothing', () => {
  const [a, b] = socketpair();
  fill(a);
  let closes = 0;
  class Buffered extends DispatcherWithSend {
    override handleClose() {
      closes++;
    }
  }
  const buffered = new Buffered(a, new Map());
  buffered.highWaterMark = 4;
  expect([buffered.send('left'), buffered.isFull]).toEqual([4, true]);
  buffered.close();
  expect([buffered.outBuffer.length, buffered.isFull]).toEqual([0, false]);
  expect([buffered.send('more'), buffered.outBuffer.length, buffered.isFull]).toEqual([0, 0, false]);
  expect(closes).toBe(0);
  const [c, d] = socketpair();
  fill(c);
  const chat = new AsyncChat(c, new Map());
  chat.highWaterMark = 4;
  chat.push('left');
  chat._collectIncomingData(Buffer.from('received'));
  expect(chat.isFull).toBe(true);
  chat.close();
  expect([chat.producerFifo.length, chat.isFull]).toEqual([0, false]);
  expect([chat.push('more'), chat.pushWithProducer('more'), chat.pushWithProducer({ more: () => 'x' })]).toEqual([
    0, 0, 0,
  ]);
  chat.closeWhenDone();
  expect([chat.producerFifo.length, chat.isFull]).toEqual([0, false]);
  chat.highWaterMark = 0;
  expect(chat.isFull).toBe(false);
  expect(chat._getData().toString()).toBe('received');
  b.close();
  d.close();
});

test('a handleDrain() that is pending when the channel closes is the last one', async () => {
  const [a, b] = socketpair();
  let isFull = true;
  a.send = (data) => {
    if (isFull) throw systemFailure('EAGAIN', 'send');
    return Buffer.byteLength(String(data));
  };
  let drains = 0;
  let finish = () => {};
  class Draining extends DispatcherWithSend {
    override handleDrain() {
      drains++;
      return new Promise<void>((resolve) => {
        finish = resolve;
      });
    }
  }
  const channel = new Draining(a, new Map());
  channel.highWaterMark = 1;
  channel.send('x');
  isFull = false;
  channel.initiateSend();
  expect(drains).toBe(1);
  isFull = true;
  channel.send('y');
  channel.close();
  finish();
  await new Promise(setImmediate);
  expect(drains).toBe(1);
  b.close();
});

test('recv() refuses sizes that are not valid', () => {
  const [sock, peer] = socketpair();
  const channel = new Recorder({ sock, map: new Map() });
  for (const size of [-1, 1.5, Number.NaN, 2 ** 31, Infinity]) expect(() => channel.recv(size)).toThrow(RangeError);
  peer.send('x');
  expect(channel.recv(0).length).toBe(0);
  expect(channel.calls).toEqual([]);
  channel.close();
  peer.close();
});
