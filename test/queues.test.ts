// ByteQueue and Fifo against plain arrays, for any sequence of calls. `npm run check chat` tries more.
import fc from 'fast-check';
import { test } from 'vitest';
import { byteQueueProperty, fifoProperty } from './support/queue_model.ts';

test('a ByteQueue gives the bytes that were put in, in order, and says when it becomes empty or ceases to be', () => {
  fc.assert(byteQueueProperty, { numRuns: 500 });
});

test('a Fifo does what an array does, and says when it changes', () => {
  fc.assert(fifoProperty, { numRuns: 500 });
});
