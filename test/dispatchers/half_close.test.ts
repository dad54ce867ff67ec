// The two sides of a connection end one after the other: the peer's with handleEof(), ours with
// shutdown() and endWhenDone().
import { afterEach, describe, expect, test } from 'vitest';
import {
  AsyncChat,
  type Channel,
  closeAll,
  Dispatcher,
  DispatcherWithSend,
  FileDispatcher,
  pipe,
} from '../../lib/index.ts';
import { AF_INET, SHUT_RDWR, SHUT_WR, type Socket } from '../../lib/socket.ts';
import { FAMILIES, passesUntil, WAYS } from '../support/matrix.ts';
import { connectedPair, fill } from '../support/pair.ts';

const INET = { name: 'inet', family: AF_INET, address: () => ['127.0.0.1', 0] satisfies [string, number] };
const map = new Map<number, Channel>();
const open: { close(): void }[] = [];

afterEach(() => {
  closeAll(map);
  for (const each of open.splice(0)) each.close();
});

function pair(family: (typeof FAMILIES)[number] = INET): [served: Socket, peer: Socket] {
  const [peer, served] = connectedPair(family);
  open.push(peer);
  return [served, peer];
}

class Side extends DispatcherWithSend {
  readonly calls: string[] = [];
  asked = 0;
  onEof: () => unknown = () => undefined;

  override readable() {
    this.asked++;
    return true;
  }

  override handleRead() {
    const data = this.recv(1 << 16);
    if (data.length > 0) this.calls.push(`read ${data}`);
  }

  override handleEof() {
    this.calls.push('eof');
    return this.onEof();
  }

  override handleClose() {
    this.calls.push('close');
    this.close();
  }
}

class Chat extends AsyncChat {
  readonly calls: string[] = [];

  constructor(sock: Socket) {
    super(sock, map);
    this.setTerminator(null);
  }

  override collectIncomingData(data: Buffer) {
    this.calls.push(String(data));
  }

  override handleEof(): unknown {
    this.calls.push('eof');
    return undefined;
  }

  override handleDone() {
    this.calls.push('done');
    return super.handleDone();
  }

  override handleClose() {
    this.calls.push('close');
    return super.handleClose();
  }
}

/** What is there at the peer; whether its end is. */
function receive(peer: Socket): [text: string, isEnd: boolean] {
  let text = '';
  try {
    for (;;) {
      const data = peer.recv(1 << 20);
      if (data.length === 0) return [text, true];
      text += data;
    }
  } catch {
    return [text, false];
  }
}

describe.each(WAYS)('$name', (way) => {
  test.each(FAMILIES)('a channel that overrides handleEof() is asked no more, and answers ($name)', async (family) => {
    const [served, peer] = pair(family);
    const side = new Side(served, map);
    peer.send('question');
    peer.shutdown(SHUT_WR);
    await passesUntil(way, () => side.calls.includes('eof'), map);
    const { asked } = side;
    await way.passes(3, 0.01, map);
    expect(side.asked).toBe(asked);
    expect(side.calls).toEqual(['read question', 'eof']);
    side.send('answer');
    expect(receive(peer)).toEqual(['answer', false]);
    side.shutdown(SHUT_WR);
    expect(receive(peer)).toEqual(['', true]);
    expect(side.calls).toEqual(['read question', 'eof', 'close']);
    expect(map.size).toBe(0);
  });

  test('an async handleEof() can wait until all has been sent', async () => {
    const [served, peer] = pair();
    const side = new Side(served, map);
    side.highWaterMark = 1;
    const before = fill(served);
    side.send(Buffer.alloc(100_000));
    side.onEof = async () => {
      await side.drain();
      side.shutdown(SHUT_WR);
    };
    peer.shutdown(SHUT_WR);
    await passesUntil(way, () => side.calls.includes('eof'), map);
    expect(side.calls).toEqual(['eof']);
    let received = 0;
    const read = () => {
      received += receive(peer)[0].length;
      return side.calls.includes('close');
    };
    await passesUntil(way, read, map);
    read();
    expect(received).toBe(before + 100_000);
    expect(side.calls).toEqual(['eof', 'close']);
  });

  test('a channel that has ended its own side is closed after handleEof()', async () => {
    const [served, peer] = pair();
    const side = new Side(served, map);
    side.shutdown(SHUT_WR);
    expect(receive(peer)).toEqual(['', true]);
    peer.send('more');
    await passesUntil(way, () => side.calls.length > 0, map);
    peer.shutdown(SHUT_WR);
    await passesUntil(way, () => map.size === 0, map);
    expect(side.calls).toEqual(['read more', 'eof', 'close']);
  });

  test('by default the end closes, and a channel that moves to another map is not asked there either', async () => {
    const [served, peer] = pair();
    const plain = new Dispatcher(served, map);
    plain.writable = () => false;
    plain.handleRead = () => plain.recv(1);
    peer.shutdown(SHUT_WR);
    await passesUntil(way, () => map.size === 0, map);

    const [other, otherPeer] = pair();
    const side = new Side(other, map);
    otherPeer.shutdown(SHUT_WR);
    await passesUntil(way, () => side.calls.length > 0, map);
    const elsewhere = new Map<number, Channel>();
    side.delChannel();
    side.setSocket(other, elsewhere);
    await way.passes(2, 0.01, elsewhere);
    const moved = new Map<number, Channel>([[other.fileno(), side]]);
    elsewhere.clear();
    await way.passes(2, 0.01, moved);
    expect(side.calls).toEqual(['eof']);
    // What belonged to the last socket is forgotten with it.
    const [next, nextPeer] = pair();
    side.delChannel(moved);
    side.setSocket(next, moved);
    nextPeer.shutdown(SHUT_WR);
    await passesUntil(way, () => side.calls.length > 1, moved);
    expect(side.calls).toEqual(['eof', 'eof']);
    side.close();
    other.close();
  });

  test('a pipe that overrides handleEof() hears of its end, and not of a close', async () => {
    const [reader, writer] = pipe();
    const calls: string[] = [];
    class Reader extends FileDispatcher {
      override writable() {
        return false;
      }
      override handleRead() {
        calls.push(`read ${this.recv(10)}`);
      }
      override handleEof() {
        calls.push('eof');
      }
      override handleClose() {
        calls.push('close');
        this.close();
      }
    }
    const channel = new Reader(reader, map);
    reader.close();
    writer.write('last');
    writer.close();
    await passesUntil(way, () => calls.includes('eof'), map);
    await way.passes(3, 0.01, map);
    expect(calls.filter((call) => call !== 'read ')).toEqual(['read last', 'eof']);
    expect(() => channel.shutdown(SHUT_WR)).toThrow(expect.objectContaining({ code: 'ERR_NOT_A_SOCKET' }));
    channel.close();
  });

  test('endWhenDone() ends our side behind the queue, and input still comes', async () => {
    const [served, peer] = pair();
    const chat = new Chat(served);
    const before = fill(served);
    chat.push(Buffer.alloc(200_000));
    chat.endWhenDone();
    expect(() => chat.push('too late')).toThrow(expect.objectContaining({ code: 'ERR_STREAM_WRITE_AFTER_END' }));
    let received = 0;
    await passesUntil(
      way,
      () => {
        const [text, isEnd] = receive(peer);
        received += text.length;
        return isEnd;
      },
      map,
    );
    expect(received).toBe(before + 200_000);
    peer.send('still there');
    await passesUntil(way, () => chat.calls.length > 0, map);
    peer.shutdown(SHUT_WR);
    await passesUntil(way, () => map.size === 0, map);
    expect(chat.calls).toEqual(['still there', 'eof', 'close']);
  });

  test('endWhenDone() of a closed channel does not end its next connection', async () => {
    const chat = new Chat(pair()[0]);
    chat.close();
    chat.endWhenDone();
    const [served, peer] = pair();
    chat.setSocket(served);
    chat.connected = true;
    chat.push('more');
    chat.endWhenDone();
    expect(() => chat.push('too late')).toThrow(expect.objectContaining({ code: 'ERR_STREAM_WRITE_AFTER_END' }));
    const got = receive(peer);
    await passesUntil(way, () => receive(peer)[1], map);
    expect(got[0]).toBe('more');
  });

  test('endWhenDone() after the end of the peer closes; closeWhenDone() calls handleDone()', async () => {
    const [served, peer] = pair();
    const chat = new Chat(served);
    peer.shutdown(SHUT_WR);
    await passesUntil(way, () => chat.calls.length > 0, map);
    chat.push('answer');
    chat.endWhenDone();
    await passesUntil(way, () => map.size === 0, map);
    expect(receive(peer)).toEqual(['answer', true]);
    expect(chat.calls).toEqual(['eof', 'close']);

    const [second] = pair();
    const done = new Chat(second);
    done.closeWhenDone();
    await passesUntil(way, () => map.size === 0, map);
    expect(done.calls).toEqual(['done', 'close']);
  });
});

test('shutdown() takes what Socket.shutdown() takes, and throws what that throws', () => {
  const [served, peer] = pair();
  const side = new Side(served, map);
  expect(() => side.shutdown(17)).toThrow(expect.objectContaining({ code: 'EINVAL' }));
  side.shutdown(SHUT_RDWR);
  expect(receive(peer)).toEqual(['', true]);
  expect(() => new Dispatcher(null, map).shutdown(SHUT_WR)).toThrow(expect.objectContaining({ code: 'ERR_NO_SOCKET' }));
});
