// A peer that does not read: what waits is reported, a pusher that heeds it stays at the mark, and
// is told when all has been sent.
import { afterEach, expect, test } from 'vitest';
import { AsyncChat, type Channel, closeAll, Dispatcher, DispatcherWithSend } from '../../lib/index.ts';
import { type Socket, socketpair } from '../../lib/socket.ts';
import { passesUntil, WAYS } from '../support/matrix.ts';

const map = new Map<number, Channel>();
const MARK = 100_000;
const PIECE = Buffer.alloc(1000, 'x');

let peer: Socket | undefined;

afterEach(() => {
  closeAll(map);
  peer?.close();
  peer = undefined;
});

/** Reads all there is at the peer; the number of bytes. */
function readAll(): number {
  let count = 0;
  try {
    for (;;) count += peer?.recv(65536).length ?? 0;
  } catch {
    return count;
  }
}

class Sender extends DispatcherWithSend {
  override highWaterMark = MARK;
  drained = 0;
  override handleDrain() {
    this.drained++;
  }
}

class Chat extends AsyncChat {
  override highWaterMark = MARK;
  drained = 0;
  override handleDrain() {
    this.drained++;
  }
}

for (const way of WAYS) {
  test(`send() returns how much waits, and handleDrain() comes when nothing does (${way.name})`, async () => {
    const [here, there] = socketpair();
    peer = there;
    const sender = new Sender(here, map);
    let sent = 0;
    let waiting = 0;
    while (!sender.isFull) {
      waiting = sender.send(PIECE);
      sent += PIECE.length;
      expect(waiting).toBe(sender.outBuffer.length);
    }
    expect(waiting).toBeGreaterThanOrEqual(MARK);
    expect(waiting).toBeLessThan(MARK + PIECE.length);
    expect(sender.drained).toBe(0);
    let received = 0;
    await passesUntil(
      way,
      () => {
        received += readAll();
        return received === sent;
      },
      map,
    );
    expect(sender.outBuffer.length).toBe(0);
    expect(sender.drained).toBe(1);
  });

  test(`push() returns how much waits, and handleDrain() comes when nothing does (${way.name})`, async () => {
    const [here, there] = socketpair();
    peer = there;
    const chat = new Chat(here, map);
    let pushed = 0;
    let waiting = 0;
    while (!chat.isFull) {
      waiting = chat.push(PIECE);
      pushed += PIECE.length;
    }
    expect(waiting).toBe(chat.producerFifo.size);
    expect(waiting).toBeLessThan(MARK + PIECE.length);
    let received = 0;
    await passesUntil(
      way,
      () => {
        received += readAll();
        return received === pushed;
      },
      map,
      5000,
    );
    expect(chat.producerFifo.size).toBe(0);
    expect(chat.drained).toBe(1);
  });

  test(`an endless producer is asked for one piece at a time (${way.name})`, async () => {
    const [here, there] = socketpair();
    peer = there;
    const chat = new Chat(here, map);
    let asked = 0;
    chat.pushWithProducer({
      more: () => {
        asked++;
        return PIECE;
      },
    });
    let before = -1;
    for (let i = 0; i < 1000 && before !== asked; i++) {
      before = asked;
      await way.passes(5, 0, map);
    }
    expect(before).toBe(asked);
    expect(chat.producerFifo.size).toBeLessThanOrEqual(PIECE.length);
  });

  test(`a forwarder whose readable() asks the other side reads no faster than it can send (${way.name})`, async () => {
    const [source, here] = socketpair();
    const [there, sink] = socketpair();
    peer = sink;
    const out = new Sender(there, map);
    class Forwarder extends Dispatcher {
      override readable() {
        return !out.isFull;
      }
      override writable() {
        return false;
      }
      override handleRead() {
        out.send(this.recv(4096));
      }
    }
    new Forwarder(here, map);
    let offered = 0;
    let most = 0;
    for (let i = 0; i < 2000; i++) {
      try {
        offered += source.send(PIECE);
      } catch {
        // The forwarder does not read now, and the socket is full.
      }
      await way.passes(1, 0, map);
      most = Math.max(most, out.outBuffer.length);
    }
    expect(out.isFull).toBe(true);
    expect(most).toBeLessThan(MARK + 4096);
    let received = 0;
    await passesUntil(
      way,
      () => {
        received += readAll();
        return received === offered;
      },
      map,
      5000,
    );
    source.close();
  });
}
