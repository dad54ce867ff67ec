// Producers that promise their pieces, async iterables, and what becomes of producers that are dropped.
import { Readable } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { AsyncChat, type ChannelMap, type Producer } from '../../lib/index.ts';
import { connectAgain, type RecordingChat, talk } from '../support/chat.ts';
import { passesUntil, WAYS, type Way } from '../support/matrix.ts';
import { eventually } from '../support/wait.ts';

/** A producer of what the test says, when it says so. */
class Promising implements Producer {
  readonly asked: ((piece: string | null | Error) => void)[] = [];
  closes = 0;

  more() {
    return new Promise<string | null>((resolve, reject) => {
      this.asked.push((piece) => (piece instanceof Error ? reject(piece) : resolve(piece)));
    });
  }

  close() {
    this.closes++;
  }
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

/** Passes, between which other JavaScript runs. */
async function passesAndTurns(way: Way, condition: () => boolean, map: ChannelMap): Promise<void> {
  for (let i = 0; i < 500 && !condition(); i++) {
    await way.passes(1, 0.01, map);
    await settled();
  }
}

describe.each(WAYS)('$name', (way) => {
  test('a promised piece is waited for without a write event, and the order is kept', async () => {
    const { chat, peer, map, end } = talk('\n');
    const producer = new Promising();
    chat.push('a');
    chat.pushWithProducer(producer);
    chat.push('z');
    chat.closeWhenDone();
    await passesUntil(way, () => producer.asked.length === 1, map);
    expect(chat.writable()).toBe(false);
    await way.passes(2, 0.01, map);
    expect(producer.asked).toHaveLength(1);
    producer.asked[0]?.('b');
    await passesUntil(way, () => producer.asked.length === 2, map);
    producer.asked[1]?.(null);
    await passesUntil(way, () => map.size === 0, map);
    expect(peer.recv(100).toString()).toBe('abz');
    expect(producer.closes).toBe(0);
    end();
  });

  test('async iterables are sent, empty pieces and all', async () => {
    const { chat, peer, map, end } = talk('\n');
    async function* numbers() {
      for (let i = 0; i < 5; i++) {
        await settled();
        yield i === 2 ? '' : String(i);
      }
    }
    chat.pushWithProducer(numbers());
    chat.pushWithProducer(Readable.from(['x', Buffer.from('y')]));
    chat.closeWhenDone();
    await passesAndTurns(way, () => map.size === 0, map);
    expect(peer.recv(100).toString()).toBe('0134xy');
    end();
  });

  test('a rejection goes to handleError, and closes as any error does', async () => {
    const { chat, map, end } = talk('\n');
    const producer = new Promising();
    chat.pushWithProducer(producer);
    producer.asked[0]?.(new Error('no more paper'));
    await passesUntil(way, () => map.size === 0, map);
    expect(chat.take()).toEqual(['error no more paper', 'close']);
    expect(producer.closes).toBe(1);
    end();
  });
});

test('a piece that comes after its producer was dropped is not sent', async () => {
  const { chat, peer, end } = talk('\n');
  const producer = new Promising();
  chat.pushWithProducer(producer);
  chat.discardBuffers();
  expect(producer.closes).toBe(1);
  chat.push('next');
  producer.asked[0]?.('late');
  await settled();
  expect(chat.producerFifo.length).toBe(0);
  expect(peer.recv(100).toString()).toBe('next');
  end();
});

test('a piece that was promised to the last peer is not sent to the next one', async () => {
  const { chat, end } = talk('\n');
  const producer = new Promising();
  chat.pushWithProducer(producer);
  const next = connectAgain(chat);
  chat.pushWithProducer(producer);
  producer.asked[0]?.('late');
  await settled();
  producer.asked[1]?.('next');
  await settled();
  expect(next.recv(100).toString()).toBe('next');
  next.close();
  end();
});

describe('close() of a producer is called', () => {
  const producers: [how: string, drop: (chat: RecordingChat) => void][] = [
    ['when the channel closes', (chat) => chat.close()],
    ['when the queue is discarded', (chat) => chat.discardBuffers()],
    ['when the queue is cleared', (chat) => chat.producerFifo.clear()],
  ];
  test.each(producers)('%s, each once', (_how, drop) => {
    const { chat, end } = talk('\n');
    chat.connected = false;
    const [first, second] = [new Promising(), new Promising()];
    chat.pushWithProducer(first);
    chat.push('between');
    chat.pushWithProducer(second);
    drop(chat);
    drop(chat);
    expect([first.closes, second.closes, chat.producerFifo.length]).toEqual([1, 1, 0]);
    end();
  });

  test('at once when the channel is closed already', () => {
    const { chat, end } = talk('\n');
    chat.close();
    const producer = new Promising();
    expect(chat.pushWithProducer(producer)).toBe(0);
    expect(producer.closes).toBe(1);
    end();
  });

  test('and what it throws goes to handleError, when the channel has closed', () => {
    const { chat, end } = talk('\n');
    chat.connected = false;
    chat.pushWithProducer({
      more: () => null,
      close() {
        throw new Error('not closed');
      },
    });
    chat.onError = () => undefined;
    chat.close();
    expect(chat.take()).toEqual(['error not closed']);
    expect(chat.fileno()).toBe(-1);
    end();
  });

  test('and the async iterable behind it returns', async () => {
    const { chat, end } = talk('\n');
    let returned = false;
    async function* endless() {
      try {
        for (;;) {
          await settled();
          yield 'x'.repeat(1 << 20);
        }
      } finally {
        returned = true;
      }
    }
    chat.pushWithProducer(endless());
    await eventually(() => chat.producerFifo.size > 0);
    chat.close();
    await eventually(() => returned, 'the generator was not ended');
    end();
  });
});

test('what is no producer is refused', () => {
  const { chat, end } = talk('\n');
  for (const wrong of [null, 1, {}, { more: 1 }, [], () => 'x']) {
    expect(() => Reflect.apply(chat.pushWithProducer, chat, [wrong])).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_ARG_TYPE' }),
    );
  }
  expect(chat).toBeInstanceOf(AsyncChat);
  end();
});
