// send(), recv() and close(): support/rows.ts, section A8, and deviation 9: an empty datagram is
// data, not the end.
import { expect, test } from 'vitest';
import { AsyncChat, type ChannelMap, Dispatcher, DispatcherWithSend } from '../../lib/index.ts';
import { SHUT_WR, SO_ERROR, SOCK_DGRAM, SOL_SOCKET, Socket, socketpair } from '../../lib/socket.ts';
import { systemFailure, thrownBy } from '../support/failure.ts';
import { FAMILIES, type Family, passesUntil, WAYS } from '../support/matrix.ts';
import { connectedPair, fill, listening, reset } from '../support/pair.ts';
import { Recorder, type RecorderOptions } from '../support/recorder.ts';

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

  test(`I01 I06 send() tells how many bytes were taken, recv() gives 1 to n (${name})`, () => {
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

  test(`I02 I01 send() takes a part, and 0 when there is no room (${name})`, () => {
    const { channel, peer, close } = served(family);
    const most = 64 << 20;
    const sent = channel.send(Buffer.alloc(most));
    expect(sent).toBeGreaterThan(0);
    expect(sent).toBeLessThan(most);
    const rest = fill(channel.socket ?? peer);
    expect(rest).toBeGreaterThanOrEqual(0);
    expect(channel.send('x')).toBe(0);
    expect(channel.calls).toEqual([]);
    close();
  });

  test(`I03 send() to a peer that is gone is handleClose, and 0 (${name})`, () => {
    const { channel, peer } = served(family);
    reset(peer);
    expect([channel.send('x'), ...channel.calls]).toEqual([0, 'close']);
  });

  test(`I07 recv() at the end is handleClose, and empty (${name})`, () => {
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

  test(`reliability B10: I09 recv() with nothing there throws EAGAIN (${name})`, () => {
    const { channel, close } = served(family);
    expect(() => channel.recv(10)).toThrow(expect.objectContaining({ code: 'EAGAIN', syscall: 'recv' }));
    expect(() => channel.recvInto(new Uint8Array(3))).toThrow(expect.objectContaining({ code: 'EAGAIN' }));
    expect(channel.calls).toEqual([]);
    close();
  });

  test(`reliability B16: I10 a peer that has sent its last is gone: the end is a full close (${name})`, async () => {
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

  test(`K18 deviation 9: an empty datagram is data, not the end (${name})`, async () => {
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

  test(`I04 send() throws other errors (${name})`, () => {
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
  test(`I05 send() before any connect is a peer that is gone (${family.name})`, () => {
    const channel = new Recorder({ map: new Map() });
    channel.createSocket(family.family);
    expect([channel.send('x'), ...channel.calls]).toEqual([0, 'close']);
  });

  test(`I08 recv() after a reset is handleClose, and empty (${family.name})`, () => {
    const { channel, peer } = served(family);
    reset(peer);
    expect(channel.recv(10)).toEqual(Buffer.alloc(0));
    expect(channel.calls).toEqual(['close']);
  });

  test(`I16 E12 the error of a socket is there once: handleExptEvent sees it, then it is cleared (${family.name})`, async () => {
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

test('I11 I12 close() leaves the map and the socket, and calls no handler; handleClose() closes', () => {
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

test('reliability E4: I11 what close(2) says of a peer that is gone is passed over, other errors are thrown, after leaving', () => {
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

test('reliability E18: I13 close() twice, and without a socket, does no harm', () => {
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

test('I14 the socket stays after close(): what is received from it is the end, again', () => {
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

test('I15 what waits to be sent when a channel closes is kept, and never sent', () => {
  const [a, b] = socketpair();
  fill(a);
  const buffered = new DispatcherWithSend(a, new Map());
  buffered.send('left');
  buffered.close();
  expect(buffered.outBuffer.length).toBe(4);
  const [c, d] = socketpair();
  fill(c);
  const chat = new AsyncChat(c, new Map());
  chat.push('left');
  chat.close();
  expect(chat.producerFifo.length).toBe(1);
  b.close();
  d.close();
});

test('I06 sizes that are none are refused', () => {
  const [sock, peer] = socketpair();
  const channel = new Recorder({ sock, map: new Map() });
  for (const size of [-1, 1.5, Number.NaN, 2 ** 31, Infinity]) expect(() => channel.recv(size)).toThrow(RangeError);
  peer.send('x');
  expect(channel.recv(0).length).toBe(0);
  expect(channel.calls).toEqual([]);
  channel.close();
  peer.close();
});
