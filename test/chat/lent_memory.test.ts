// An AsyncChat receives into the same memory again and again: nothing that its user may keep lies there.
import { Buffer } from 'node:buffer';
import { afterEach, expect, test, vi } from 'vitest';
import { AsyncChat, type ChannelMap, type Terminator } from '../../lib/index.ts';
import { type Socket, socketpair } from '../../lib/socket.ts';
import { withoutMemory } from '../support/no_memory.ts';
import { Random } from '../support/random.ts';

/** What was kept, and what it was then. */
const kept: { bytes: Buffer; was: Buffer }[] = [];

function keep(bytes: Buffer): void {
  kept.push({ bytes, was: Buffer.from(bytes) });
}

/** Checks that nothing has changed of what was kept, after more has been received. */
function expectKept(): void {
  flood(100);
  expect(kept.length).toBeGreaterThan(0);
  expect(kept.every(({ bytes, was }) => bytes.equals(was))).toBe(true);
}

const open: { close(): void }[] = [];

afterEach(() => {
  kept.length = 0;
  for (const each of open.splice(0)) each.close();
});

class Quiet extends AsyncChat {
  size = 0;
  override collectIncomingData(data: Buffer): void {
    this.size += data.length;
  }
  override foundTerminator(): void {}
}

class Keeper extends Quiet {
  override collectIncomingData(data: Buffer): void {
    super.collectIncomingData(data);
    keep(data);
  }
}

interface Talk<C extends Quiet> {
  chat: C;
  give(data: string | Buffer): void;
}

/** A chat, and a way to have it receive. */
function talk<C extends Keeper>(Chat: new (sock: Socket, map: ChannelMap) => C, terminator: Terminator): Talk<C> {
  const [sock, peer] = socketpair();
  const chat = new Chat(sock, new Map());
  chat.setTerminator(terminator);
  open.push(chat, peer);
  return {
    chat,
    give(data) {
      peer.send(data);
      chat.handleRead();
    },
  };
}

/** Has other chats receive other bytes, so often that all memory that is free is written to. */
function flood(times: number): void {
  const { give } = talk(Quiet, '\n');
  for (let i = 0; i < times; i++) give(Buffer.alloc([1, 500, 5000, 20_000, 60_000][i % 5] ?? 0, i % 2 ? '#\n' : '#'));
}

const TERMINATORS: [string, Terminator][] = [
  ['a mark', '\n'],
  ['a count', 1000],
  ['no terminator', null],
];

test.each(TERMINATORS)('what is kept of any size does not change (%s)', (_, terminator) => {
  const random = new Random(7);
  const { chat, give } = talk(Keeper, terminator);
  let size = 0;
  for (let i = 0; i < 300; i++) {
    const text = Buffer.alloc(random.pick([1, 63, 64, 900, 1500, 4097, 30_000, 33_000, 65_536]), 97 + (i % 26));
    for (let at = random.below(3000); at < text.length; at += 1 + random.below(9000)) text[at] = 10;
    give(text);
    size += text.length - (terminator === '\n' ? text.filter((byte) => byte === 10).length : 0);
  }
  expect(chat.size).toBe(size);
  expectKept();
});

test('input that is taken from the channel does not change', () => {
  class Taker extends Keeper {
    override collectIncomingData() {
      keep(this.acInBuffer);
    }
  }
  const { give } = talk(Taker, '\n');
  for (let i = 0; i < 20; i++) give(`${i}\n`.repeat(1000 + i));
  expectKept();
});

test('input that a pause holds back does not change, and is delivered', () => {
  class Pausing extends Keeper {
    override foundTerminator() {
      this.pauseIncoming();
    }
  }
  const { chat, give } = talk(Pausing, '\n');
  give(`first\n${'second'.repeat(1000)}\n${'third'.repeat(10_000)}\n`);
  keep(chat.acInBuffer);
  flood(10);
  chat.resumeIncoming();
  flood(10);
  chat.resumeIncoming();
  expectKept();
  expect(kept.map(({ bytes }) => bytes.length)).toEqual([5, 56_002, 6000, 50_000]);
});

test('a recv() of your own is called, and what it keeps does not change', () => {
  class OfClass extends Quiet {
    override recv(size: number): Buffer {
      const data = super.recv(size);
      keep(data);
      return data;
    }
  }
  const first = talk(OfClass, '\n');
  const second = talk(Quiet, '\n');
  const sock = second.chat.socket ?? expect.fail();
  const recv = sock.recv.bind(sock);
  sock.recv = (size: number) => {
    const data = recv(size);
    keep(data);
    return data;
  };
  for (let i = 0; i < 20; i++) for (const { give } of [first, second]) give(`${i}\n`.repeat(2000));
  expect(kept).toHaveLength(40);
  expectKept();
});

test('chats that receive while another delivers do not write into its input', () => {
  const outer: string[] = [];
  class Nested extends Keeper {
    override collectIncomingData(data: Buffer) {
      outer.push(`${data}`);
      if (outer.length % 100 === 1) flood(5);
    }
  }
  const { give } = talk(Nested, '\n');
  const lines = Array.from({ length: 3000 }, (_, i) => `line ${i}`);
  for (let i = 0; i < 3; i++) give(`${lines.join('\n')}\n`);
  expect(outer).toEqual([...lines, ...lines, ...lines]);
});

test('what is delivered while there is no memory for a copy does not change', () => {
  const pieces: Buffer[] = [];
  class Collecting extends Quiet {
    override collectIncomingData(data: Buffer) {
      pieces.push(data);
    }
  }
  const { give } = talk(Collecting, '\n');
  const lines = Buffer.from('line\n'.repeat(3000));
  // So that there is memory to receive into.
  give(lines);
  withoutMemory(() => give(lines));
  flood(10);
  expect(pieces.map(String)).toEqual(Array(6000).fill('line'));
});

test('lines are received into the same memory again', () => {
  const { give } = talk(Keeper, '\n');
  const lines = Buffer.from(`${'x'.repeat(99)}\n`.repeat(600));
  give(lines);
  const allocate = vi.spyOn(Buffer, 'allocUnsafeSlow');
  for (let i = 0; i < 10; i++) give(lines);
  const sizes = allocate.mock.calls.map(([size]) => size);
  allocate.mockRestore();
  expect(sizes.length).toBeGreaterThan(0);
  expect(Math.max(...sizes)).toBeLessThanOrEqual(4096);
});
