// Sockets that carry messages: one send() or push() is one message, however long the queue. Their
// boundaries are never lost, and a message that the system refuses does not stop the others.
import { describe, expect, test } from 'vitest';
import { AsyncChat, type ChannelMap, DispatcherWithSend, SimpleProducer, SystemError } from '../../lib/index.ts';
import {
  AF_INET,
  AF_UNIX,
  SO_SNDBUF,
  SOCK_CLOEXEC,
  SOCK_DGRAM,
  SOCK_NONBLOCK,
  SOCK_RAW,
  SOCK_RDM,
  SOCK_SEQPACKET,
  SOCK_STREAM,
  SOL_SOCKET,
  Socket,
  socketpair,
} from '../../lib/socket.ts';
import { messageOf, thrownBy } from '../support/failure.ts';
import { passesUntil, WAYS } from '../support/matrix.ts';

const TYPES: [name: string, type: number][] = [
  ['SOCK_DGRAM', SOCK_DGRAM],
  ['SOCK_SEQPACKET', SOCK_SEQPACKET],
  ['SOCK_DGRAM | SOCK_NONBLOCK', SOCK_DGRAM | SOCK_NONBLOCK],
];

interface Sender {
  readonly errors: unknown[];
  put(data: string | Uint8Array): unknown;
  waiting(): number;
  writable(): boolean;
  close(): void;
}

class Queued extends DispatcherWithSend implements Sender {
  readonly errors: unknown[] = [];
  put(data: string | Uint8Array) {
    return this.send(data);
  }
  waiting() {
    return this.outBuffer.length;
  }
  override readable() {
    return false;
  }
  override handleError(error: unknown) {
    this.errors.push(messageOf(error));
  }
}

class Chat extends AsyncChat implements Sender {
  readonly errors: unknown[] = [];
  put(data: string | Uint8Array) {
    return this.push(data);
  }
  waiting() {
    return this.producerFifo.size;
  }
  override readable() {
    return false;
  }
  override handleError(error: unknown) {
    this.errors.push(messageOf(error));
  }
}

const SENDERS: [name: string, create: (sock: Socket | null, map: ChannelMap) => Sender & (Queued | Chat)][] = [
  ['DispatcherWithSend', (sock, map) => new Queued(sock, map)],
  ['AsyncChat', (sock, map) => new Chat(sock, map)],
];

/** The messages that have arrived. */
function received(peer: Socket, messages: Buffer[] = []): Buffer[] {
  try {
    for (;;) messages.push(peer.recv(1 << 20));
  } catch (error) {
    if (error instanceof SystemError && error.code === 'EAGAIN') return messages;
    throw error;
  }
}

/** Which messages there are, by their first byte, and whether each is as long as it should be. */
function shown(messages: readonly Buffer[]): string[] {
  return messages.map((one) => `${one[0]}:${one.length}${one.every((byte) => byte === one[0]) ? '' : ' mixed'}`);
}

describe.each(SENDERS)('%s', (_name, create) => {
  describe.each(TYPES)('%s', (_type, type) => {
    test.each(WAYS)(
      'forty messages of 20,000 bytes arrive as forty, however little is taken at a time ($name)',
      async (way) => {
        const [sock, peer] = socketpair(AF_UNIX, type);
        const map: ChannelMap = new Map();
        const channel = create(sock, map);
        const sizes = Array.from({ length: 40 }, (_, i) => 20_000 + i);
        for (const [i, size] of sizes.entries()) channel.put(Buffer.alloc(size, i));
        expect(channel.waiting()).toBeGreaterThan(300_000);
        const messages: Buffer[] = [];
        await passesUntil(way, () => received(peer, messages).length === 40, map);
        expect(shown(messages)).toEqual(sizes.map((size, i) => `${i}:${size}`));
        expect([channel.waiting(), channel.writable(), channel.errors]).toEqual([0, false, []]);
        channel.close();
        peer.close();
      },
    );

    test('messages shorter and longer than acOutBufferSize, and empty ones, stay whole', async () => {
      const [sock, peer] = socketpair(AF_UNIX, type);
      const map: ChannelMap = new Map();
      const channel = create(sock, map);
      if (channel instanceof Chat) channel.acOutBufferSize = 10;
      const sizes = [0, 5, 0, 0, 100_000, 11, 70_000, 65_536, 0, 65_537, 1, 0, 0, 30_000, 60_000, 90_000, 0, 3];
      for (const size of sizes) channel.put(Buffer.alloc(size, 'x'));
      const messages: Buffer[] = [];
      const way = WAYS[2] ?? expect.fail();
      await passesUntil(way, () => received(peer, messages).length === sizes.length, map);
      expect(messages.map((one) => one.length)).toEqual(sizes);
      expect([channel.waiting(), channel.writable()]).toEqual([0, false]);
      channel.close();
      peer.close();
    });

    test('an empty message that cannot be sent now is kept', () => {
      const [sock, peer] = socketpair(AF_UNIX, type);
      const channel = create(sock, new Map());
      let taken = 0;
      while (channel.waiting() === 0 && taken < 10_000) {
        channel.put('x');
        taken++;
      }
      channel.put('');
      channel.put('');
      expect([channel.waiting(), channel.writable()]).toEqual([1, true]);
      expect(received(peer).length).toBe(taken - 1);
      for (let i = 0; i < 10 && channel.writable(); i++) channel.initiateSend();
      expect(received(peer).map(String)).toEqual(['x', '', '']);
      expect(channel.writable()).toBe(false);
      channel.close();
      peer.close();
    });

    test('a message that is too long goes to handleError, is dropped, and the next ones follow', async () => {
      const [sock, peer] = socketpair(AF_UNIX, type);
      sock.setsockopt(SOL_SOCKET, SO_SNDBUF, 20_000);
      const map: ChannelMap = new Map();
      const channel = create(sock, map);
      channel.put('before');
      channel.put(Buffer.alloc(1_000_000));
      channel.put('after');
      expect(channel.errors).toEqual(['EMSGSIZE']);
      for (let i = 0; i < 3 && channel.writable(); i++) channel.initiateSend();
      expect(received(peer).map(String)).toEqual(['before', 'after']);
      expect([channel.waiting(), channel.writable(), channel.errors]).toEqual([0, false, ['EMSGSIZE']]);
      channel.close();
      peer.close();
    });
  });

  test('what was queued before there was a socket leaves as it was put in; without a queue, it is refused', () => {
    for (const [type, sent] of [
      [SOCK_DGRAM, ['ab', 'cd']],
      [SOCK_STREAM, ['abcd']],
    ] as const) {
      const [sock, peer] = socketpair(AF_UNIX, type);
      const channel = create(null, new Map());
      const errors = ['ab', 'cd'].map((text) => thrownBy(() => channel.put(text)));
      channel.setSocket(sock);
      channel.connected = true;
      for (let i = 0; i < 3; i++) channel.initiateSend();
      if (channel instanceof Queued) {
        expect(errors).toEqual(Array(2).fill(expect.objectContaining({ code: 'ERR_NO_SOCKET' })));
        expect(channel.outBuffer.isEmpty).toBe(true);
      } else {
        expect(received(peer).map(String)).toEqual(sent);
      }
      channel.close();
      peer.close();
    }
  });

  test('a refusal that is about an earlier message costs no message', () => {
    const socket = new Socket(AF_INET, SOCK_DGRAM);
    const gone = new Socket(AF_INET, SOCK_DGRAM);
    gone.bind(['127.0.0.1', 0]);
    const address = gone.getsockname();
    gone.close();
    socket.connect(address);
    const channel = create(socket, new Map());
    channel.put('nobody hears this');
    channel.put('kept');
    expect(channel.errors).toEqual(['ECONNREFUSED']);
    const peer = new Socket(AF_INET, SOCK_DGRAM);
    peer.bind(address);
    channel.initiateSend();
    expect(received(peer).map(String)).toEqual(['kept']);
    expect(channel.writable()).toBe(false);
    for (const one of [channel, peer]) one.close();
  });
});

test('a message that closes the channel from handleError leaves the others unsent', () => {
  const [sock, peer] = socketpair(AF_UNIX, SOCK_DGRAM);
  sock.setsockopt(SOL_SOCKET, SO_SNDBUF, 20_000);
  const channel = new Queued(sock, new Map());
  channel.handleError = (error) => {
    channel.errors.push(messageOf(error));
    channel.close();
  };
  expect(channel.send(Buffer.alloc(1_000_000))).toBe(0);
  expect(channel.errors).toEqual(['EMSGSIZE']);
  expect(() => received(peer)).not.toThrow();
  peer.close();
});

test('each piece of a producer is a message', () => {
  const [sock, peer] = socketpair(AF_UNIX, SOCK_SEQPACKET);
  const chat = new Chat(sock, new Map());
  chat.acOutBufferSize = 4;
  chat.pushWithProducer(new SimpleProducer('a'.repeat(25), 10));
  chat.pushWithProducer(Buffer.alloc(50, 'b'));
  while (chat.writable()) chat.initiateSend();
  expect(received(peer).map((one) => one.length)).toEqual([10, 10, 5, 50]);
  chat.close();
  peer.close();
});

test('type does not show the flags that it was given with', () => {
  const flags = SOCK_NONBLOCK | SOCK_CLOEXEC;
  for (const type of [SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET]) {
    const [one, other] = socketpair(AF_UNIX, type | flags);
    const socket = new Socket(AF_UNIX, type | flags);
    const adopted = Socket.fromFd(one.detach());
    expect([socket.type, other.type, adopted.type]).toEqual([type, type, type]);
    for (const each of [socket, other, adopted]) each.close();
  }
  expect([SOCK_RAW, SOCK_RDM].every((type) => type > 0 && (type & flags) === 0)).toBe(true);
});

test.each(WAYS)('a datagram socket that was made with SOCK_NONBLOCK hears its datagrams ($name)', async (way) => {
  const map: ChannelMap = new Map();
  const heard: string[] = [];
  class Listener extends DispatcherWithSend {
    override handleRead() {
      heard.push(String(this.recv(100)));
    }
    override writable() {
      return false;
    }
  }
  const listener = new Listener(null, map);
  listener.createSocket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK);
  listener.bind(['127.0.0.1', 0]);
  const client = new Socket(AF_INET, SOCK_DGRAM);
  const address = listener.socket?.getsockname();
  if (address === undefined) expect.fail();
  client.sendto('one', address);
  client.sendto('', address);
  client.sendto('two', address);
  await passesUntil(way, () => heard.length === 3, map);
  expect(heard).toEqual(['one', '', 'two']);
  listener.close();
  client.close();
});

test.each([SOCK_RAW, SOCK_RDM])('sockets of type %i carry messages, too', (type) => {
  const [sock, peer] = socketpair(AF_UNIX, SOCK_DGRAM);
  // A raw one takes privileges that a test may not have.
  Object.defineProperty(sock, 'type', { value: type });
  const channel = new Chat(null, new Map());
  channel.acOutBufferSize = 4;
  channel.setSocket(sock);
  channel.connected = true;
  channel.push('0123456789');
  channel.push('');
  expect(received(peer).map(String)).toEqual(['0123456789', '']);
  channel.close();
  peer.close();
});
