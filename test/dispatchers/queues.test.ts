// ByteQueue and Fifo against plain arrays, for any sequence of calls. `npm run check chat` tries more.
import fc from 'fast-check';
import { test } from 'vitest';
import { byteQueueProperty, fifoProperty } from '../support/queue_model.ts';

test('a ByteQueue returns its bytes in order, and announces when it becomes empty or stops being so', () => {
  fc.assert(byteQueueProperty, { numRuns: 500 });
});

test('a Fifo behaves like an array, and announces its changes', () => {
  fc.assert(fifoProperty, { numRuns: 500 });
});
