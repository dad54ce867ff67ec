// AsyncChat in the loop, with a real peer: what is queued goes out with write events, and what was
// received stays as it is.
import { describe, expect, test } from 'vitest';
import { type AsyncChat, loop } from '../../lib/index.ts';
import { AF_INET, type Socket } from '../../lib/socket.ts';
import { RecordingChat, talk } from '../support/chat.ts';
import { passesUntil, WAYS } from '../support/matrix.ts';
import { fill, listening } from '../support/pair.ts';

describe.each(WAYS)('$name', (way) => {
  test('push() in handleConnect only queues, and the data is sent right after', async () => {
    const listener = listening({ family: AF_INET, address: () => ['127.0.0.1', 0] });
    const map = new Map();
    const seen: unknown[] = [];
    class Client extends RecordingChat {
      override handleConnect() {
        this.push('hello');
        seen.push([this.connected, this.producerFifo.length]);
      }
    }
    const client = new Client(null, map);
    client.createSocket();
    client.connect(listener.getsockname());
    await passesUntil(way, () => client.connected, map);
    expect(seen).toEqual([[false, 1]]);
    expect(client.producerFifo).toHaveLength(0);
    const [served] = listener.accept();
    expect(served.recv(10).toString()).toBe('hello');
    for (const each of [client, served, listener]) each.close();
  });

  test('closeWhenDone() takes effect at the next write event', async () => {
    const { chat, peer, map, end } = talk();
    chat.closeWhenDone();
    expect(chat.take()).toEqual([]);
    expect(map.size).toBe(1);
    await way.passes(1, 0.5, map);
    expect(chat.take()).toEqual(['close']);
    expect(map.size).toBe(0);
    expect(peer.recv(1)).toHaveLength(0);
    end();
  });

  test('closeWhenDone() takes effect at the next push()', () => {
    const { chat, end } = talk();
    chat.closeWhenDone();
    chat.push('never');
    expect(chat.take()).toEqual(['close']);
    end();
  });

  test('closeWhenDone() before the connection is made waits for it, and everything is sent', async () => {
    const listener = listening({ family: AF_INET, address: () => ['127.0.0.1', 0] });
    const map = new Map();
    const client = new RecordingChat(null, map);
    client.createSocket();
    client.connect(listener.getsockname());
    client.push('all of it');
    client.closeWhenDone();
    await passesUntil(way, () => map.size === 0, map);
    const [served] = listener.accept();
    expect(served.recv(20).toString()).toBe('all of it');
    expect(served.recv(20)).toHaveLength(0);
    for (const each of [served, listener]) each.close();
  });

  test('an entry that cannot be sent is an error of the channel', async () => {
    const { chat, map, end } = talk();
    Reflect.apply(chat.producerFifo.push, chat.producerFifo, [{}]);
    await way.passes(1, 0.5, map);
    expect(chat.take()).toEqual([expect.stringMatching(/^error .*more/), 'close']);
    end();
  });

  test('an error thrown by more() in a write event goes to handleError', async () => {
    const { chat, peer, map, end } = talk();
    fill(chatSocket(chat));
    let asked = 0;
    chat.connected = false;
    chat.pushWithProducer({
      more: () => {
        asked++;
        throw new Error('no more');
      },
    });
    chat.connected = true;
    expect(asked).toBe(0);
    await passesUntil(way, () => drain(peer) || chat.calls.length > 0, map);
    expect(chat.take()).toEqual(['error no more', 'close']);
    expect(asked).toBe(1);
    end();
  });

  test('much more data than the system takes at once arrives complete', async () => {
    const { chat, peer, map, end } = talk();
    const pieces = Array.from({ length: 300 }, (_, i) => Buffer.alloc(7000, i));
    for (const piece of pieces) chat.push(piece);
    chat.closeWhenDone();
    const received: Buffer[] = [];
    await passesUntil(
      way,
      () => {
        drain(peer, received);
        return map.size === 0;
      },
      map,
      5000,
    );
    drain(peer, received);
    expect(Buffer.concat(received).equals(Buffer.concat(pieces))).toBe(true);
    end();
  });
});

test('a collected Buffer does not change when more data arrives', async () => {
  const { chat, peer, map, end } = talk('\n');
  const pieces: Buffer[] = [];
  chat.onData = (_chat, data) => pieces.push(data);
  for (let i = 0; i < 50; i++) {
    peer.send(`${String(i).repeat(50)}\n`);
    await loop({ map, count: 1, timeout: 1 });
  }
  expect(pieces.map(String)).toEqual(pieces.map((_, i) => String(i).repeat(50)));
  end();
});

function chatSocket(chat: AsyncChat): Socket {
  if (chat.socket === null) throw new Error('no socket');
  return chat.socket;
}

/** Receives all there is now; false, so that it can stand in a condition. */
function drain(sock: Socket, into: Buffer[] = []): boolean {
  for (;;) {
    try {
      const data = sock.recv(65536);
      if (data.length === 0) return false;
      into.push(data);
    } catch {
      return false;
    }
  }
}
