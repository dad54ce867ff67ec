// ByteQueue and Fifo against plain arrays, for any sequence of calls.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ByteQueue } from '../lib/byte_queue.ts';
import { Fifo } from '../lib/fifo.ts';

type QueueStep =
  | { call: 'push' | 'lend'; size: number; sent: number }
  | { call: 'skip'; size: number }
  | { call: 'peek'; size: number }
  | { call: 'clear' };

// Sizes around the blocks of 64 KiB.
const sizes = fc.oneof(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 30_000, max: 140_000 }), fc.constant(65536));
const queueSteps: fc.Arbitrary<QueueStep[]> = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.record({ call: fc.constantFrom('push', 'lend'), size: sizes, sent: sizes }) },
    { weight: 4, arbitrary: fc.record({ call: fc.constant('skip'), size: sizes }) },
    { weight: 2, arbitrary: fc.record({ call: fc.constant('peek'), size: sizes }) },
    { weight: 1, arbitrary: fc.record({ call: fc.constant('clear') }) },
  ),
  { maxLength: 30 },
);

/** Bytes that tell their place in the stream. */
function numbered(from: number, size: number): Buffer {
  const bytes = Buffer.allocUnsafe(size);
  for (let i = 0; i < size; i++) bytes[i] = (from + i) % 251;
  return bytes;
}

test('a ByteQueue gives the bytes that were put in, in order, and says when it becomes empty or ceases to be', () => {
  fc.assert(
    fc.property(queueSteps, (steps) => {
      let changes = 0;
      const queue = new ByteQueue(() => changes++);
      // The stream so far is numbered: what waits are the bytes from `head` to `tail`.
      let [head, tail] = [0, 0];
      const look = (most: number) => {
        const bytes = queue.peek(most);
        expect(bytes.length).toBeLessThanOrEqual(Math.min(most, tail - head));
        if (most > 0 && tail > head) expect(bytes.length).toBeGreaterThan(0);
        expect(Buffer.compare(bytes, numbered(head, bytes.length))).toBe(0);
      };
      const skip = (size: number) => {
        queue.skip(size);
        head = Math.min(head + size, tail);
      };
      for (const step of steps) {
        const [before, wasEmpty] = [changes, head === tail];
        if (step.call === 'push' || step.call === 'lend') {
          const bytes = numbered(tail, step.size);
          tail += step.size;
          if (step.call === 'push') {
            queue.push(bytes);
          } else {
            queue.lend(bytes);
            look(step.sent);
            skip(step.sent);
            look(Infinity);
            queue.keep();
          }
          bytes.fill(255);
        } else if (step.call === 'skip') {
          skip(step.size);
        } else if (step.call === 'peek') {
          look(step.size);
        } else {
          queue.clear();
          head = tail;
        }
        expect(queue.length).toBe(tail - head);
        if (wasEmpty !== (head === tail)) expect(changes).toBeGreaterThan(before);
      }
      while (head < tail) {
        look(Infinity);
        skip(queue.peek(65536).length);
      }
      expect(queue.length).toBe(0);
    }),
    { numRuns: 300 },
  );
});

type FifoStep =
  | { call: 'push'; count: number }
  | { call: 'shift'; count: number }
  | { call: 'unshift' | 'replaceFirst' | 'clear' | 'iterate' };

// Counts beyond the 1,024 from which a Fifo moves its items together.
const counts = fc.oneof(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 500, max: 1500 }));
const fifoSteps: fc.Arbitrary<FifoStep[]> = fc.array(
  fc.oneof(
    { weight: 4, arbitrary: fc.record({ call: fc.constant('push'), count: counts }) },
    { weight: 4, arbitrary: fc.record({ call: fc.constant('shift'), count: counts }) },
    { weight: 3, arbitrary: fc.record({ call: fc.constantFrom('unshift', 'replaceFirst', 'iterate') }) },
    { weight: 1, arbitrary: fc.record({ call: fc.constant('clear') }) },
  ),
  { maxLength: 30 },
);

test('a Fifo does what an array does, and says when it changes', () => {
  fc.assert(
    fc.property(fifoSteps, (steps) => {
      let changes = 0;
      const fifo = new Fifo<number | null>(() => changes++);
      const array: (number | null)[] = [];
      let next = 0;
      for (const step of steps) {
        const before = changes;
        const item = next++ % 3 === 0 ? null : next;
        if (step.call === 'push') {
          for (let i = 0; i < step.count; i++) {
            fifo.push(item);
            array.push(item);
          }
          expect(changes).toBe(before + step.count);
        } else if (step.call === 'shift') {
          const there = Math.min(step.count, array.length);
          const all = { length: step.count };
          expect(Array.from(all, () => fifo.shift())).toEqual(Array.from(all, () => array.shift()));
          expect(changes).toBe(before + there);
        } else if (step.call === 'unshift') {
          fifo.unshift(item);
          array.unshift(item);
          expect(changes).toBe(before + 1);
        } else if (step.call === 'replaceFirst' && array.length > 0) {
          fifo.replaceFirst(item);
          array[0] = item;
          expect(changes).toBe(before + 1);
        } else if (step.call === 'clear') {
          fifo.clear();
          array.length = 0;
        }
        expect(fifo.length).toBe(array.length);
        expect(fifo.first).toBe(array[0]);
      }
      expect([...fifo]).toEqual(array);
    }),
    { numRuns: 300 },
  );
});
