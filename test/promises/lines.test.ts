// lines(): the same lines, or the same error, wherever the input is cut.
import { Buffer } from 'node:buffer';
import { expect, test } from 'vitest';
import { pipe } from '../../lib/index.ts';
import { type LineOptions, lines } from '../../lib/promises.ts';

/** The lines of what comes in these pieces, and the code of the error that ends them. */
async function found(pieces: readonly Uint8Array[], options: LineOptions): Promise<unknown[]> {
  const [reader, writer] = pipe();
  writer.close();
  let next = 0;
  const source = {
    fileno: () => reader.fileno(),
    recv: () => Buffer.from(pieces[next++] ?? ''),
    send: () => 0,
    setBlocking() {},
    getsockopt: () => 0,
    close: () => reader.close(),
  };
  const all: unknown[] = [];
  try {
    for await (const line of lines(source, options)) all.push(line);
  } catch (error) {
    all.push(error instanceof Error && 'code' in error ? error.code : error);
  }
  return all;
}

/** Expects these lines, whole and in two pieces, and byte by byte. */
async function expectLines(input: Buffer, options: LineOptions, expected: unknown[]): Promise<void> {
  expect(await found([input], options)).toEqual(expected);
  expect(
    await found(
      [...input].map((byte) => Uint8Array.of(byte)),
      options,
    ),
  ).toEqual(expected);
  for (let at = 1; at < input.length; at++) {
    expect(await found([input.subarray(0, at), input.subarray(at)], options), `cut at ${at}`).toEqual(expected);
  }
}

test.each([
  ['hello\r\nyou\n', ['hello', 'you']],
  ['hello\nhello\r', ['hello', 'hello']],
  ['hello!\n', ['ERR_INCOMING_TOO_LONG']],
  ['you\nhello!\r\n', ['you', 'ERR_INCOMING_TOO_LONG']],
  ['hello!', ['ERR_INCOMING_TOO_LONG']],
  ['hello\r\r\n', ['ERR_INCOMING_TOO_LONG']],
])('maxLength is that of a line without its end: %j', async (input, expected) => {
  await expectLines(Buffer.from(input), { maxLength: 5 }, expected);
});
