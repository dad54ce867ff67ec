// Lines that are long or come in very small pieces: what they cost, and what becomes of one that is
// longer than allowed.
import { describe, expect, test } from 'vitest';
import { AsyncChat, type Terminator } from '../../lib/index.ts';
import { connectAgain, RecordingChat, talk } from '../support/chat.ts';
import { messageOf, thrownBy } from '../support/failure.ts';
import { collectGarbage } from '../support/garbage.ts';
import { WAYS } from '../support/matrix.ts';

/** Bytes in use, on the heap and outside. */
function inUse(): number {
  collectGarbage();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

/** A chat that keeps lines with _collectIncomingData(), and a way to give it input. */
class Keeper extends AsyncChat {
  readonly lines: Buffer[] = [];
  override collectIncomingData(data: Buffer) {
    this._collectIncomingData(data);
  }
  override foundTerminator() {
    this.lines.push(this._getData());
  }
  give(data: Buffer) {
    this.recv = () => data;
    this.handleRead();
  }
}

function keeper(terminator: Terminator): Keeper {
  const chat = new Keeper(null, new Map());
  chat.setTerminator(terminator);
  return chat;
}

test('a line that comes a byte at a time costs little more than its bytes', () => {
  const chat = keeper('\n');
  const size = 300_000;
  // Bytes of their own, as recv() returns them; made one by one, so that the test keeps none.
  const give = (i: number) => chat.give(Buffer.from([97 + (i % 26)]));
  for (let i = 0; i < 1000; i++) give(i);
  chat.give(Buffer.from('\n'));
  const before = inUse();
  for (let i = 0; i < size; i++) give(i);
  const cost = (inUse() - before) / size;
  expect(cost).toBeLessThan(3);
  expect(chat.incoming.length).toBeLessThan(size / 1000);
  chat.give(Buffer.from('\n'));
  const line = chat.lines[1] ?? expect.fail();
  expect(line.length).toBe(size);
  expect(line.every((byte, i) => byte === 97 + (i % 26))).toBe(true);
});

test('pieces of any size are joined to the same message, and large ones are not copied', () => {
  const chat = keeper('\n');
  const sizes = Array.from({ length: 2000 }, (_, i) => (i % 137 === 0 ? 5000 + i : (i * 7919) % 300));
  const pieces = sizes.map((size, i) => Buffer.alloc(size, 97 + (i % 26)));
  for (const piece of pieces) chat._collectIncomingData(piece);
  const large = pieces.filter(({ length }) => length >= 4096);
  expect(large.length).toBeGreaterThan(10);
  expect(large.every((piece) => chat.incoming.includes(piece))).toBe(true);
  expect(chat.incoming.length).toBeLessThan(1000);
  expect(chat.incoming.every((piece) => piece instanceof Uint8Array)).toBe(true);
  expect(chat._getData().equals(Buffer.concat(pieces))).toBe(true);
  expect(chat.incoming).toEqual([]);
});

/** How many bytes `action` copies from array to array. */
function copiedBy(action: () => void): number {
  const { set } = Uint8Array.prototype;
  let copied = 0;
  Uint8Array.prototype.set = function (this: Uint8Array, source: ArrayLike<number>, at?: number) {
    copied += source.length;
    set.call(this, source, at);
  };
  try {
    action();
  } finally {
    Uint8Array.prototype.set = set;
  }
  return copied;
}

test('no byte is copied often', () => {
  const chat = keeper(null);
  const size = 100_000;
  const copied = copiedBy(() => {
    for (let i = 0; i < size; i++) chat._collectIncomingData(Buffer.from('x'));
  });
  expect(copied).toBeLessThan(16 * size);
  expect(copied).toBeGreaterThan(size / 2);
});

test('where large pieces lie between small ones, there are not many of either', () => {
  for (let between = 1; between <= 200; between += 7) {
    const chat = keeper(null);
    for (let i = 0; i < 4000; i++) chat._collectIncomingData(Buffer.alloc(i % between === 0 ? 4096 : 1));
    const large = Math.ceil(4000 / between);
    expect(chat.incoming.length).toBeLessThan(65 * large + 100);
    expect(chat._getData().length).toBe(4096 * large + 4000 - large);
  }
});

test('the beginning of a long terminator that comes a byte at a time is kept in one piece', () => {
  const mark = `${'ab'.repeat(10_000)}!`;
  const chat = keeper(mark);
  const bytes = Buffer.from(mark);
  const before = inUse();
  const copied = copiedBy(() => {
    for (let i = 0; i < bytes.length - 1; i++) chat.give(Buffer.from(bytes.subarray(i, i + 1)));
  });
  expect((inUse() - before) / bytes.length).toBeLessThan(20);
  expect(copied).toBeLessThan(5 * bytes.length);
  expect(chat.acInBuffer.length).toBe(bytes.length - 1);
  chat.give(Buffer.from('!'));
  expect(chat.lines.map(String)).toEqual(['']);
  expect(chat.acInBuffer.length).toBe(0);
});

const TOO_LONG = 'More than 10 bytes have come without a terminator';

/** A chat with a limit of 10 bytes whose errors leave it open. */
function limited(terminator: Terminator): RecordingChat & { errors: unknown[] } {
  const chat = Object.assign(new RecordingChat(null, new Map(), terminator), { errors: [] as unknown[] });
  chat.maxIncoming = 10;
  chat.onError = (_chat, error) => chat.errors.push(error);
  return chat;
}

function give(chat: RecordingChat, ...pieces: string[]): string[] {
  for (const piece of pieces) {
    chat.recv = () => Buffer.from(piece);
    chat.handleRead();
  }
  return chat.take();
}

describe('maxIncoming', () => {
  test('is 16 MiB; a positive integer or Infinity', () => {
    const chat = new RecordingChat(null, new Map(), '\n');
    expect(chat.maxIncoming).toBe(16 * 2 ** 20);
    chat.recv = () => Buffer.from('x');
    for (const wrong of [0, -1, 1.5, Number.NaN, -Infinity, 2 ** 60]) {
      chat.maxIncoming = wrong;
      expect(thrownBy(() => chat.handleRead())).toEqual(expect.objectContaining({ code: 'ERR_OUT_OF_RANGE' }));
    }
    Reflect.set(chat, 'maxIncoming', '10');
    expect(thrownBy(() => chat.handleRead())).toEqual(expect.objectContaining({ code: 'ERR_INVALID_ARG_TYPE' }));
    chat.maxIncoming = Infinity;
    chat.handleRead();
    // Nothing that came meanwhile is lost.
    expect(chat.take()).toEqual(['data:xxxxxxxx']);
  });

  test('a line as long as allowed is collected, and its terminator does not count', () => {
    const chat = limited('\r\n');
    expect(give(chat, '1234567890\r\n', '12345', '67890', '\r', '\n')).toEqual([
      'data:1234567890',
      'found',
      'data:12345',
      'data:67890',
      'found',
    ]);
    expect(chat.errors).toEqual([]);
  });

  test.each([
    ['in one piece', ['12345678901\r\nnext\r\n'], []],
    ['without an end yet', ['12345678901', '234', '5\r\nnext\r\n'], []],
    ['byte by byte', [...'12345678901234\r\nnext\r\n'], [...'1234567890'].map((one) => `data:${one}`)],
    ['with its terminator cut', ['12345678901\r', '\nnext\r\n'], []],
    ['with half of a terminator in it', ['12345678901\r', 'x', '\r\nnext\r\n'], []],
  ])('a line that is too long is reported once and skipped up to its terminator: %s', (_how, pieces, collected) => {
    const chat = limited('\r\n');
    const calls = give(chat, ...pieces);
    expect(calls.slice(0, collected.length + 1)).toEqual([...collected, `error ${TOO_LONG}`]);
    expect(
      calls
        .slice(collected.length + 1)
        .join('')
        .replaceAll('data:', ''),
    ).toBe('nextfound');
    expect(chat.errors).toEqual([expect.objectContaining({ code: 'ERR_INCOMING_TOO_LONG', message: TOO_LONG })]);
  });

  test('what was collected of it is dropped', () => {
    const chat = limited('\n');
    chat.collectIncomingData = (data) => chat._collectIncomingData(data);
    const lines: string[] = [];
    chat.onFound = () => lines.push(chat._getData().toString());
    give(chat, 'abc\n12345', '678901', '2\nxyz\n');
    expect(lines).toEqual(['abc', 'xyz']);
    expect(chat.errors).toHaveLength(1);
  });

  test('each line that is too long is an error', () => {
    const chat = limited('\n');
    give(chat, 'x'.repeat(20), '\n', 'y'.repeat(20), '\n', 'ok\n');
    expect(chat.errors).toHaveLength(2);
  });

  test('does not hold for counts and for no terminator, and another one ends the skipping', () => {
    const chat = limited(20);
    expect(give(chat, 'x'.repeat(20))).toEqual([`data:${'x'.repeat(20)}`, 'found']);
    chat.setTerminator(null);
    expect(give(chat, 'y'.repeat(20))).toEqual([`data:${'y'.repeat(20)}`]);
    chat.setTerminator('\n');
    expect(give(chat, 'short\n')).toEqual(['data:short', 'found']);
    chat.onError = () => chat.setTerminator(3);
    expect(give(chat, 'z'.repeat(11), 'abc')).toEqual([`error ${TOO_LONG}`, 'data:abc', 'found']);
  });

  test('discardBuffers() in handleError does not make a line of the rest', () => {
    const chat = limited('\n');
    chat.onError = () => chat.discardBuffers();
    expect(give(chat, 'x'.repeat(11), 'rest\nnext\n')).toEqual([`error ${TOO_LONG}`, 'data:next', 'found']);
  });

  test('what discardBuffers() throws away does not count', () => {
    const chat = limited('\n');
    give(chat, '123456789');
    chat.discardBuffers();
    expect(give(chat, 'next\n')).toEqual(['data:next', 'found']);
    expect(chat.errors).toEqual([]);
  });

  const connections = WAYS.flatMap((way) => [
    { way, part: 'x'.repeat(50), told: [`error ${TOO_LONG}`] },
    { way, part: '123456789', told: ['data:123456789'] },
  ]);
  test.each(connections)(
    'a new connection begins a line of its own ($way.name, after $part)',
    async ({ way, part, told }) => {
      const { chat, peer, map, end } = talk('\n');
      chat.maxIncoming = 10;
      const peers = [{ close: end }];
      const again = () => {
        const next = connectAgain(chat);
        next.send('first\nsecond\n');
        peers.push(next);
      };
      chat.onError = again;
      peer.send(part);
      await way.passes(1, 0.5, map);
      expect(chat.take()).toEqual(told);
      if (peers.length === 1) again();
      await way.passes(1, 0.5, map);
      expect(chat.take()).toEqual(['data:first', 'found', 'data:second', 'found']);
      for (const each of peers) each.close();
    },
  );

  test('what handleError throws leaves the channel skipping', () => {
    const chat = limited('\n');
    chat.onError = () => {
      throw new Error('a mistake');
    };
    expect(messageOf(thrownBy(() => give(chat, `${'x'.repeat(11)}`)))).toBe('a mistake');
    chat.take();
    expect(give(chat, 'rest\nnext\n')).toEqual(['data:next', 'found']);
  });

  test.each(WAYS)('by default, the channel is closed ($name)', async (way) => {
    const { chat, peer, map, end } = talk('\n');
    chat.maxIncoming = 100;
    peer.send(`${'x'.repeat(101)}\nnever\n`);
    await way.passes(1, 0.5, map);
    expect(chat.take()).toEqual(['error More than 100 bytes have come without a terminator', 'close']);
    expect(map.size).toBe(0);
    end();
  });
});

test('a recv() that returns the same memory with other bytes delivers those, and what was kept does not change', () => {
  const chat = keeper('\n');
  const memory = Buffer.alloc(20_000);
  for (const letter of 'abc') chat.give(memory.subarray(0, 2000).fill(`${letter.repeat(99)}\n`));
  expect(chat.lines).toHaveLength(60);
  expect(chat.lines.every((line, i) => line.toString() === ('abc'[Math.floor(i / 20)] ?? '').repeat(99))).toBe(true);
});
