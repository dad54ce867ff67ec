// What is sent, and when it is let go: docs/reliability.md, section D.
import fc from 'fast-check';
import { afterEach, expect, test } from 'vitest';
import { AsyncChat, type ChannelMap, closeAll, DispatcherWithSend, loop, loopSync } from '../../lib/index.ts';
import { selectSync } from '../../lib/select.ts';
import { SHUT_WR, SO_RCVBUF, SO_SNDBUF, SOL_SOCKET, type Socket, socketpair } from '../../lib/socket.ts';
import { systemFailure } from '../support/failure.ts';
import { FAMILIES, passesUntil, WAYS } from '../support/matrix.ts';
import { connectedPair, fill } from '../support/pair.ts';
import { eventually } from '../support/wait.ts';

const map: ChannelMap = new Map();
const [INET] = FAMILIES;
if (INET === undefined) throw new Error('no family');

afterEach(() => closeAll(map));

class Sender extends DispatcherWithSend {
  errors: unknown[] = [];
  closes = 0;
  unsent = 0;
  override handleClose() {
    this.closes++;
    this.unsent = this.outBuffer.length;
    this.close();
  }
  override handleError(error: unknown) {
    this.errors.push(error);
    this.close();
  }
}

class Chat extends AsyncChat {
  override collectIncomingData() {}
  override foundTerminator() {}
}

/** Reads what there is; 'end' when that is all there will ever be. */
function drain(sock: Socket, into: Buffer[]): 'end' | 'more' {
  try {
    for (;;) {
      const data = sock.recv(65536);
      if (data.length === 0) return 'end';
      into.push(data);
    }
  } catch {
    return 'more';
  }
}

for (const way of WAYS) {
  test(`closeWhenDone() gives a slow reader every byte, and then the end (${way.name})`, async () => {
    const [sock, peer] = socketpair();
    const chat = new Chat(sock, map);
    const sent = Buffer.alloc(3_000_000, 'abcdefg');
    chat.push(sent);
    chat.closeWhenDone();
    const received: Buffer[] = [];
    await passesUntil(way, () => drain(peer, received) === 'end', map);
    expect(Buffer.concat(received).equals(sent)).toBe(true);
    expect(map.size).toBe(0);
    peer.close();
  });

  test(`a push() in every write event does not recurse (${way.name})`, async () => {
    const [sock, peer] = socketpair();
    let left = 20_000;
    class Pusher extends AsyncChat {
      override handleWrite() {
        super.handleWrite();
        if (left-- > 0) this.push('x');
      }
      override handleDrain() {
        if (left-- > 0) this.push('x');
      }
    }
    const chat = new Pusher(sock, map);
    chat.highWaterMark = 1;
    chat.push('x');
    await passesUntil(way, () => drain(peer, []) === 'more' && left <= 0, map, 50_000);
    peer.close();
  });

  test(`thousands of small pieces go out in order (${way.name})`, async () => {
    const [sock, peer] = socketpair();
    const chat = new Chat(sock, map);
    const rest = fill(sock);
    for (let i = 0; i < 5000; i++) chat.push(Buffer.of(i % 251));
    const received: Buffer[] = [];
    await passesUntil(
      way,
      () => {
        drain(peer, received);
        return chat.producerFifo.length === 0;
      },
      map,
      10_000,
    );
    drain(peer, received);
    const bytes = Buffer.concat(received).subarray(rest);
    expect(bytes.equals(Buffer.from(Array.from({ length: 5000 }, (_, i) => i % 251)))).toBe(true);
    peer.close();
  });
}

test('an error in the middle of sending closes once, and handleClose can count what was not sent', () => {
  for (const code of ['ECONNRESET', 'EPIPE', 'ENOTCONN', 'ESHUTDOWN', 'ECONNABORTED', 'EBADF']) {
    const [sock, peer] = socketpair();
    const sender = new Sender(sock, map);
    fill(sock);
    sender.send(Buffer.alloc(1000));
    sock.send = () => {
      throw systemFailure(code, 'send');
    };
    loopSync({ map, count: 5, timeout: 0 });
    drain(peer, []);
    loopSync({ map, count: 5, timeout: 0 });
    expect([sender.closes, sender.errors, sender.unsent, map.size], code).toEqual([1, [], 1000, 0]);
    expect(sender.outBuffer.length).toBe(0);
    peer.close();
  }
  for (const code of ['ETIMEDOUT', 'EHOSTUNREACH', 'ENOTSOCK']) {
    const [sock, peer] = socketpair();
    const sender = new Sender(sock, map);
    sock.send = () => {
      throw systemFailure(code, 'send');
    };
    expect(() => sender.send('x')).toThrow(code);
    expect([sender.closes, sender.outBuffer.length]).toEqual([0, 1]);
    // From then on it is tried in write events: an error of the channel, once.
    loopSync({ map, count: 5, timeout: 0 });
    expect([sender.errors, sender.outBuffer.length, map.size]).toEqual([[systemFailure(code, 'send')], 0, 0]);
    peer.close();
  }
});

test('DispatcherWithSend keeps a copy of what waits', async () => {
  const [sock, peer] = socketpair();
  const sender = new Sender(sock, map);
  const rest = fill(sock);
  const bytes = Buffer.alloc(200_000, 'before');
  sender.send(bytes);
  expect(sender.outBuffer.length).toBe(bytes.length);
  const kept = Buffer.from(bytes);
  bytes.fill('after');
  const received: Buffer[] = [];
  const end = loop({ map, timeout: 1 });
  await eventually(() => drain(peer, received) === 'more' && sender.outBuffer.length === 0);
  drain(peer, received);
  expect(Buffer.concat(received).subarray(rest).equals(kept)).toBe(true);
  closeAll(map);
  await end;
  peer.close();
});

test('unread input turns a close() into a reset, and shutdown() first prevents it', () => {
  for (const lingers of [false, true]) {
    const [client, served] = connectedPair(INET);
    served.setsockopt(SOL_SOCKET, SO_SNDBUF, 1 << 20);
    client.send('a request that is not read');
    selectSync([served], [], [], 1);
    served.send('the answer');
    if (lingers) {
      served.shutdown(SHUT_WR);
      drain(served, []);
    }
    served.close();
    const received: Buffer[] = [];
    selectSync([client], [], [], 1);
    const answer = () => drain(client, received) === 'end';
    if (lingers) {
      expect(answer()).toBe(true);
      expect(Buffer.concat(received).toString()).toBe('the answer');
    } else {
      // That is TCP: what the peer has not read yet may be thrown away.
      expect(answer()).toBe(false);
    }
    client.close();
  }
});

test('any string is sent completely, as UTF-8', () => {
  const [sock, peer] = socketpair();
  peer.setsockopt(SOL_SOCKET, SO_RCVBUF, 1 << 20);
  const sender = new Sender(sock, map);
  const strings = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('\ud800', 'a\udc00b', '\ud83d', '€\0é'));
  fc.assert(
    fc.property(strings, (text) => {
      sender.send(text);
      const received: Buffer[] = [];
      drain(peer, received);
      expect(Buffer.concat(received).equals(Buffer.from(text, 'utf8'))).toBe(true);
    }),
  );
  peer.close();
});

test('a producer that throws, or is not a producer, is an error of the channel, once', () => {
  const [sock, peer] = socketpair();
  let asked = 0;
  const errors: unknown[] = [];
  class Own extends Chat {
    override handleError(error: unknown) {
      errors.push(error);
      this.close();
    }
  }
  const chat = new Own(sock, map);
  chat.producerFifo.push({
    more() {
      asked++;
      throw new Error('no more');
    },
  });
  loopSync({ map, count: 5, timeout: 0 });
  expect([asked, errors, map.size]).toEqual([1, [new Error('no more')], 0]);
  expect(() => Reflect.apply(chat.pushWithProducer, chat, [null])).toThrow(TypeError);
  expect(() => Reflect.apply(chat.pushWithProducer, chat, [{}])).toThrow(TypeError);
  peer.close();
});
