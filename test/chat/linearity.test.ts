// What is queued, sent and cut costs time in proportion to its size: twice as much takes about
// twice as long, where CPython's buffers (and Buffer.concat, and Array.shift) take four times.
import { expect, test } from 'vitest';
import { AsyncChat, DispatcherWithSend, type Transport } from '../../lib/index.ts';
import { systemFailure } from '../support/failure.ts';

const MIB = 1 << 20;

/** A transport that takes nothing while `rests`, and then up to `most` bytes a call. */
class Sink implements Transport {
  rests = true;
  taken = 0;
  calls = 0;
  readonly #most: number;
  readonly #full = systemFailure('EAGAIN');

  constructor(most: number) {
    this.#most = most;
  }
  fileno() {
    return 0;
  }
  recv() {
    return Buffer.alloc(0);
  }
  send(data: string | ArrayBufferView) {
    if (this.rests) throw this.#full;
    const taken = Math.min(typeof data === 'string' ? data.length : data.byteLength, this.#most);
    this.taken += taken;
    this.calls++;
    return taken;
  }
  close() {}
  setBlocking() {}
  getsockopt() {
    return 0;
  }
}

/** The shortest of three runs: the others were disturbed. */
function shortest(action: () => void): number {
  let best = Infinity;
  for (let i = 0; i < 3; i++) {
    const start = performance.now();
    action();
    best = Math.min(best, performance.now() - start);
  }
  return best;
}

/** Whether `work` for twice the size takes less than three times as long, in one of some attempts. */
function isLinear(work: (size: number) => void, size: number): boolean {
  work(size / 8);
  for (let attempt = 0; attempt < 4; attempt++) {
    const once = shortest(() => work(size));
    if (shortest(() => work(2 * size)) < 3 * once) return true;
  }
  return false;
}

test('sending 64 MiB in pieces of 1 KiB through outBuffer, with short sends, takes linear time', () => {
  const piece = Buffer.alloc(1024);
  const work = (size: number) => {
    const sink = new Sink(10_000);
    const channel = new DispatcherWithSend<Sink>(null, new Map());
    channel.setSocket(sink);
    for (let sent = 0; sent < size; sent += piece.length) channel.send(piece);
    expect(channel.outBuffer.length).toBe(size);
    sink.rests = false;
    while (channel.outBuffer.length > 0) channel.initiateSend();
    expect(sink.taken).toBe(size);
    // Not piece by piece: a block is filled by many.
    expect(sink.calls).toBeLessThan(size / 5_000);
    channel.close();
  };
  expect(isLinear(work, 32 * MIB)).toBe(true);
});

test("sending 64 MiB in pieces of 1 KiB through AsyncChat's queue takes linear time", () => {
  const piece = Buffer.alloc(1024);
  const work = (size: number) => {
    const sink = new Sink(700);
    const chat = new AsyncChat<Sink>(null, new Map());
    chat.setSocket(sink);
    chat.connected = true;
    for (let sent = 0; sent < size; sent += piece.length) chat.push(piece);
    expect(chat.producerFifo.length).toBe(size / piece.length);
    sink.rests = false;
    while (chat.producerFifo.length > 0) chat.initiateSend();
    expect(sink.taken).toBe(size);
    chat.close();
  };
  expect(isLinear(work, 32 * MIB)).toBe(true);
});

test('sending one piece of 64 MiB, and a producer of many, in slices and short sends takes linear time', () => {
  const work = (size: number) => {
    const sink = new Sink(10_000);
    const chat = new AsyncChat<Sink>(null, new Map());
    chat.setSocket(sink);
    chat.connected = true;
    sink.rests = false;
    const whole = Buffer.alloc(size);
    chat.push(whole);
    let left = size / 1024;
    chat.pushWithProducer({ more: () => (left-- > 0 ? whole.subarray(0, 1024) : null) });
    while (chat.producerFifo.length > 0) chat.initiateSend();
    expect(sink.taken).toBe(2 * size);
    chat.close();
  };
  expect(isLinear(work, 32 * MIB)).toBe(true);
});

const INPUTS: [what: string, text: string, terminator: string | number][] = [
  ['one line without an end', 'a', '\n'],
  ['beginnings of a long terminator', 'a', `${'a'.repeat(100)}b`],
  ['very short lines', 'x\n', '\n'],
  ['counts', 'x', 5],
];

test.each(INPUTS)('cutting input takes linear time: %s', (_what, text, terminator) => {
  const piece = Buffer.alloc(65536, text);
  const work = (size: number) => {
    let collected = 0;
    class Chat extends AsyncChat {
      override maxIncoming = Infinity;
      override recv() {
        return piece;
      }
      override collectIncomingData(data: Buffer) {
        collected += data.length;
      }
      override foundTerminator() {
        if (typeof terminator === 'number') this.setTerminator(terminator);
      }
    }
    const chat = new Chat(null, new Map());
    chat.setTerminator(terminator);
    for (let received = 0; received < size; received += piece.length) chat.handleRead();
    expect(collected).toBeGreaterThan(size / 2 - 200);
  };
  // A message costs a call: of short ones, less will do.
  const isShort = typeof terminator === 'number' || text.length > 1;
  expect(isLinear(work, isShort ? MIB : 32 * MIB)).toBe(true);
});
