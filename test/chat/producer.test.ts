// asynchat's helpers: SimpleProducer and findPrefixAtEnd.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { findPrefixAtEnd, SimpleProducer } from '../../lib/index.ts';

test('a SimpleProducer gives slices of bufferSize, and then nothing for ever', () => {
  const producer = new SimpleProducer('x'.repeat(1100));
  expect([1, 2, 3, 4, 5].map(() => producer.more().length)).toEqual([512, 512, 76, 0, 0]);
  const small = new SimpleProducer(Buffer.from('abcde'), 2);
  expect([1, 2, 3, 4].map(() => small.more().toString())).toEqual(['ab', 'cd', 'e', '']);
});

test('a SimpleProducer takes text, encoded whole, or any view of bytes', () => {
  const all = (producer: SimpleProducer) => {
    const pieces: Buffer[] = [];
    for (let piece = producer.more(); piece.length > 0; piece = producer.more()) pieces.push(piece);
    return Buffer.concat(pieces);
  };
  expect(all(new SimpleProducer('日本', 1)).toString()).toBe('日本');
  const bytes = new Uint8Array([1, 2, 3, 4, 5, 6]);
  expect([...all(new SimpleProducer(bytes.subarray(2, 5), 2))]).toEqual([3, 4, 5]);
  expect([...all(new SimpleProducer(new DataView(bytes.buffer, 1, 3), 2))]).toEqual([2, 3, 4]);
  expect(all(new SimpleProducer('', 2))).toHaveLength(0);
});

test('findPrefixAtEnd() returns the length of the longest proper prefix of the needle that ends the haystack', () => {
  const examples: [string, string, number][] = [
    ['qwerty\r', '\r\n', 1],
    ['qwertydkjf', '\r\n', 0],
    ['a\r\n.\r', '\r\n.\r\n', 4],
    ['xaa', 'aab', 2],
    ['', 'ab', 0],
    ['a', 'a', 0],
    ['ab', '', 0],
    ['é'.slice(0, 1), 'éa', 2],
  ];
  for (const [haystack, needle, length] of examples) {
    expect(findPrefixAtEnd(haystack, needle), `${haystack} ${needle}`).toBe(length);
    expect(findPrefixAtEnd(Buffer.from(haystack), Buffer.from(needle))).toBe(length);
  }
});

test('findPrefixAtEnd() agrees with its definition for any two texts', () => {
  const text = fc.array(fc.constantFrom('a', 'b'), { maxLength: 8 }).map((all) => all.join(''));
  fc.assert(
    fc.property(text, text, (haystack, needle) => {
      let longest = 0;
      for (let n = 1; n < needle.length; n++) if (haystack.endsWith(needle.slice(0, n))) longest = n;
      expect(findPrefixAtEnd(haystack, needle)).toBe(longest);
    }),
    { numRuns: 1000 },
  );
});
