// ByteQueue and Fifo against plain arrays, for any sequence of calls: the properties that the tests
// and check/chat run, fewer times and more.
import { deepStrictEqual, ok, strictEqual } from 'node:assert';
import fc from 'fast-check';
import { ByteQueue } from '../../lib/dispatchers/byte_queue.ts';
import { Fifo } from '../../lib/dispatchers/fifo.ts';
import { registration } from '../../lib/reactor/interest.ts';

type QueueStep =
  | { call: 'push' | 'lend'; size: number; sent: number }
  | { call: 'skip'; size: number }
  | { call: 'peek'; size: number }
  | { call: 'clear' };

const LARGEST = 140_000;
// Sizes around the blocks, which grow from 4 KiB to 64 KiB.
const sizes = fc.oneof(
  { weight: 3, arbitrary: fc.integer({ min: 0, max: 20 }) },
  { weight: 2, arbitrary: fc.integer({ min: 3000, max: 10_000 }) },
  { weight: 1, arbitrary: fc.integer({ min: 30_000, max: LARGEST }) },
  { weight: 1, arbitrary: fc.constantFrom(4096, 8192, 65536) },
);
const queueSteps: fc.Arbitrary<QueueStep[]> = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.record({ call: fc.constantFrom('push', 'lend'), size: sizes, sent: sizes }) },
    { weight: 4, arbitrary: fc.record({ call: fc.constant('skip'), size: sizes }) },
    { weight: 2, arbitrary: fc.record({ call: fc.constant('peek'), size: sizes }) },
    { weight: 1, arbitrary: fc.record({ call: fc.constant('clear') }) },
  ),
  { maxLength: 30 },
);

const PERIOD = 251;
const PATTERN = Buffer.from(Array.from({ length: LARGEST + PERIOD }, (_, i) => i % PERIOD));

/** Bytes whose values give their position in the stream. */
function numbered(from: number, size: number): Buffer {
  return PATTERN.subarray(from % PERIOD, (from % PERIOD) + size);
}

class QueueUnderTest {
  #changes = 0;
  readonly #queue = new ByteQueue({ [registration]: { changed: () => this.#changes++, next: undefined } });
  // Positions in the stream: the bytes waiting are those from #head to #tail.
  #head = 0;
  #tail = 0;

  look(most: number): number {
    const waiting = this.#tail - this.#head;
    const bytes = this.#queue.peek(most);
    ok(bytes.length <= Math.min(most, waiting));
    if (most > 0 && waiting > 0) ok(bytes.length > 0);
    ok(numbered(this.#head, bytes.length).equals(bytes));
    return bytes.length;
  }

  #skip(size: number): void {
    this.#queue.skip(size);
    this.#head = Math.min(this.#head + size, this.#tail);
  }

  take(step: QueueStep): void {
    const [before, wasEmpty] = [this.#changes, this.#head === this.#tail];
    if (step.call === 'skip') this.#skip(step.size);
    else if (step.call === 'peek') this.look(step.size);
    else if (step.call === 'clear') this.#clear();
    else this.#put(step);
    strictEqual(this.#queue.length, this.#tail - this.#head);
    if (wasEmpty !== (this.#head === this.#tail)) ok(this.#changes > before, 'nobody was told');
  }

  #put({ call, size, sent }: { call: 'push' | 'lend'; size: number; sent: number }): void {
    const bytes = Buffer.from(numbered(this.#tail, size));
    this.#tail += size;
    if (call === 'push') {
      this.#queue.push(bytes);
    } else {
      this.#queue.lend(bytes);
      this.look(sent);
      this.#skip(sent);
      this.look(LARGEST);
      this.#queue.keep();
    }
    // The push must have copied the bytes.
    bytes.fill(255);
  }

  #clear(): void {
    this.#queue.clear();
    this.#head = this.#tail;
  }

  drain(): void {
    while (this.#head < this.#tail) {
      const length = this.look(LARGEST);
      this.#skip(Math.min(length, 65536));
    }
    strictEqual(this.#queue.length, 0);
  }
}

/** A ByteQueue returns the bytes put in, in order, and reports when it becomes empty or non-empty. */
export const byteQueueProperty = fc.property(queueSteps, (steps) => {
  const queue = new QueueUnderTest();
  for (const step of steps) queue.take(step);
  queue.drain();
});

type FifoStep =
  | { call: 'push'; count: number }
  | { call: 'shift'; count: number }
  | { call: 'unshift' | 'replaceFirst' | 'clear' | 'iterate' };

// Counts beyond the 1,024 at which a Fifo compacts its array.
const counts = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 1, max: 5 }) },
  { weight: 1, arbitrary: fc.integer({ min: 500, max: 1500 }) },
);
const fifoSteps: fc.Arbitrary<FifoStep[]> = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.record({ call: fc.constant('push'), count: counts }) },
    { weight: 4, arbitrary: fc.record({ call: fc.constant('shift'), count: counts }) },
    { weight: 3, arbitrary: fc.record({ call: fc.constantFrom('unshift', 'replaceFirst', 'iterate') }) },
    { weight: 1, arbitrary: fc.record({ call: fc.constant('clear') }) },
  ),
  { maxLength: 30 },
);

type Item = number | null;
const sizeOf = (item: Item) => item ?? 0;

/** The changes that a step makes and must report. */
function takeStep(fifo: Fifo<Item>, array: Item[], step: FifoStep, item: Item): number {
  switch (step.call) {
    case 'push':
      for (let i = 0; i < step.count; i++) {
        fifo.push(item);
        array.push(item);
      }
      return step.count;
    case 'shift': {
      const there = Math.min(step.count, array.length);
      const all = { length: step.count };
      deepStrictEqual(
        Array.from(all, () => fifo.shift()),
        [...array.splice(0, there), ...Array.from({ length: step.count - there }, () => undefined)],
      );
      return there;
    }
    case 'unshift':
      fifo.unshift(item);
      array.unshift(item);
      return 1;
    case 'replaceFirst':
      if (array.length === 0) return 0;
      fifo.replaceFirst(item);
      array[0] = item;
      return 1;
    case 'clear':
      fifo.clear();
      array.length = 0;
      return 1;
    case 'iterate':
      deepStrictEqual([...fifo], array);
      return 0;
  }
}

/** A Fifo does what an array does, reports its changes, and knows the total size of its items. */
export const fifoProperty = fc.property(fifoSteps, (steps) => {
  let changes = 0;
  const fifo = new Fifo<Item>({ changed: () => changes++, sizeOf });
  const array: Item[] = [];
  let next = 0;
  for (const step of steps) {
    const before = changes;
    const item = next++ % 3 === 0 ? null : next;
    strictEqual(takeStep(fifo, array, step, item), changes - before);
    strictEqual(fifo.length, array.length);
    strictEqual(fifo.first, array[0]);
    strictEqual(
      fifo.size,
      array.reduce((sum: number, each) => sum + sizeOf(each), 0),
    );
  }
  deepStrictEqual([...fifo], array);
});
