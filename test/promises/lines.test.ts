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

test.each([
  [undefined, 'one\r\ntwo\n\n中\u0a00\r\u000d\nĊ\u0d00\nlast', ['one', 'two', '', '中\u0a00\r', 'Ċ\u0d00', 'last']],
  ['\u0a0a', 'a\u0a0ab\u0a0a', ['a', 'b']],
  // Its bytes also stand in the middle of others: 0a 00 in 0a01 0100.
  ['\n', 'x\u0a01\u0100\ny', ['x\u0a01\u0100', 'y']],
  ['中', '一中二', ['一', '二']],
])('lines of utf16le end with whole characters: %j', async (separator, text, expected) => {
  const input = Buffer.from(text, 'utf16le');
  for (const encoding of ['utf16le', 'UCS-2'] as const) {
    const options: LineOptions = { ...(separator !== undefined && { separator }) };
    Reflect.set(options, 'encoding', encoding);
    await expectLines(input, options, expected);
  }
});

test('maxLength counts the bytes of utf16le', async () => {
  await expectLines(Buffer.from('hello\r\n', 'utf16le'), { maxLength: 10, encoding: 'utf16le' }, ['hello']);
  await expectLines(Buffer.from('hello\r\n', 'utf16le'), { maxLength: 9, encoding: 'utf16le' }, [
    'ERR_INCOMING_TOO_LONG',
  ]);
});

test('half a character is no separator', () => {
  const [reader, writer] = pipe();
  const options: LineOptions = { encoding: 'utf16le', separator: Uint8Array.of(10) };
  expect(() => lines(reader, options)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARG_VALUE' }));
  for (const end of [reader, writer]) end.close();
});

test('bytes as text of another kind: the default end is that of the bytes', async () => {
  await expectLines(Buffer.from('one\r\ntwo'), { encoding: 'hex' }, ['6f6e65', '74776f']);
});
