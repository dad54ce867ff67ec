// What lines() costs when a line comes in very small pieces.
import { expect, test } from 'vitest';
import { pipe } from '../../lib/index.ts';
import { lines } from '../../lib/promises.ts';
import { collectGarbage } from '../support/garbage.ts';

/** Bytes in use, on the heap and outside. */
function inUse(): number {
  collectGarbage();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

test('a line that comes a byte at a time costs little more than its bytes', async () => {
  const [reader, writer] = pipe();
  // So that it is always ready.
  writer.send('x');
  const size = 300_000;
  const costs: number[] = [];
  let before = 0;
  let at = 0;
  const source = {
    fileno: () => reader.fileno(),
    recv() {
      if (at === 1000) before = inUse();
      if (at === size) costs.push((inUse() - before) / size);
      return Buffer.from(at++ === size ? '\n' : [97 + (at % 26)]);
    },
    send: () => 0,
    setBlocking() {},
    getsockopt: () => 0,
    close() {
      reader.close();
      writer.close();
    },
  };
  for await (const line of lines(source)) {
    expect(line.length).toBe(size);
    expect(Buffer.from(line).every((byte, i) => byte === 97 + ((i + 1) % 26))).toBe(true);
    break;
  }
  expect(costs).toHaveLength(1);
  expect(costs[0]).toBeLessThan(3);
});
