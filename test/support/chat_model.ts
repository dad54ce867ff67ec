// AsyncChat's terminators in a few lines, and the properties by which AsyncChat is held against them, which
// the tests and check/chat run, fewer times and more: any stream, any terminators, cut anywhere, changed anywhere.
import { deepStrictEqual, ok } from 'node:assert';
import fc from 'fast-check';
import { AsyncChat } from '../../lib/index.ts';

export type Mark = string | number | null;

export interface Case {
  first: Mark;
  /** What arrives, piece by piece; the terminator may be set from outside before a piece. */
  pieces: { data: string; change: Mark | undefined }[];
  /** What each call of foundTerminator() sets; undefined leaves the terminator unchanged. */
  changes: (Mark | undefined)[];
}

const letters = fc.constantFrom('a', 'b', '\r', '\n', '.');
const text = (most: number) => fc.array(letters, { maxLength: most }).map((all) => all.join(''));
const mark: fc.Arbitrary<Mark> = fc.oneof(
  { weight: 6, arbitrary: text(5) },
  { weight: 3, arbitrary: fc.constantFrom('\n', '\r\n', '\r\n.\r\n', 'aab', 'abab') },
  { weight: 4, arbitrary: fc.integer({ min: 0, max: 7 }) },
  { weight: 1, arbitrary: fc.constant(null) },
);
export const cases: fc.Arbitrary<Case> = fc.record({
  first: mark,
  pieces: fc.array(
    fc.record({
      data: fc.oneof(text(12), fc.constantFrom('\r\n', 'x\r\n.\r', '\n')).filter((data) => data !== ''),
      change: fc.oneof({ weight: 9, arbitrary: fc.constant(undefined) }, { weight: 1, arbitrary: mark }),
    }),
    { maxLength: 12 },
  ),
  changes: fc.array(fc.option(mark, { nil: undefined }), { maxLength: 8 }),
});

/** The calls that AsyncChat makes ('data:...' and 'found'), and what it still buffers. */
export function run({ first, pieces, changes }: Case, closeAt = Infinity): { calls: string[]; kept: string } {
  const calls: string[] = [];
  const left = [...changes];
  let found = 0;
  class Chat extends AsyncChat {
    override collectIncomingData(data: Buffer) {
      calls.push(`data:${data}`);
    }
    override foundTerminator() {
      calls.push('found');
      const change = left.shift();
      if (change !== undefined) this.setTerminator(change);
      if (++found === closeAt) this.close();
    }
  }
  const chat = new Chat(null, new Map());
  chat.setTerminator(first);
  for (const { data, change } of pieces) {
    if (change !== undefined) chat.setTerminator(change);
    chat.recv = () => Buffer.from(data);
    chat.handleRead();
    if (found >= closeAt) break;
  }
  return { calls, kept: chat.acInBuffer.toString() };
}

/** What is delivered, with data up to the next 'found' joined. */
function messages(calls: readonly string[]): string[] {
  return calls
    .map((call) => (call === 'found' ? '\0' : call.slice('data:'.length)))
    .join('')
    .split('\0');
}

/** The same in a few lines: what is found, with what was not ended last, and what is kept. */
function model({ first, pieces, changes }: Case): { messages: string[]; kept: string } {
  const found: string[] = [];
  let [terminator, message, rest] = [first, '', ''];
  const collect = (count: number) => {
    message += rest.slice(0, count);
    rest = rest.slice(count);
  };
  const end = () => {
    const change = changes[found.push(message) - 1];
    if (change !== undefined) terminator = change;
    message = '';
  };
  for (const { data, change } of pieces) {
    if (change !== undefined) terminator = change;
    for (rest += data; rest !== ''; ) {
      if (terminator === null || terminator === 0 || terminator === '') {
        collect(rest.length);
      } else if (typeof terminator === 'number') {
        const count: number = Math.min(terminator, rest.length);
        collect(count);
        terminator -= count;
        if (terminator === 0) end();
      } else if (rest.includes(terminator)) {
        collect(rest.indexOf(terminator));
        rest = rest.slice(terminator.length);
        end();
      } else {
        let kept = terminator.length - 1;
        while (!rest.endsWith(terminator.slice(0, kept))) kept--;
        collect(rest.length - kept);
        if (kept > 0) break;
      }
    }
  }
  return { messages: [...found, message], kept: rest };
}

/** Every stream is cut where the model cuts it. */
export const cutWhereTheModelCuts = fc.property(cases, (each) => {
  const { calls, kept } = run(each);
  deepStrictEqual({ messages: messages(calls), kept }, model(each));
  ok(!calls.includes('data:'), 'data of no bytes');
});

/** Where the pieces are cut makes no difference to the messages. */
export const cutAnywhere = fc.property(cases, fc.integer({ min: 1, max: 5 }), (each, size) => {
  const data = each.pieces.map((piece) => piece.data).join('');
  const cut = (by: number) =>
    (data.match(new RegExp(`[^]{1,${by}}`, 'g')) ?? []).map((piece) => ({ data: piece, change: undefined }));
  const whole = run({ ...each, pieces: cut(1000) });
  const inPieces = run({ ...each, pieces: cut(size) });
  deepStrictEqual([messages(inPieces.calls), inPieces.kept], [messages(whole.calls), whole.kept]);
});

/** What is delivered before a close is what is delivered without it. */
export const closedInBetween = fc.property(cases, fc.integer({ min: 1, max: 4 }), (each, closeAt) => {
  const all = run(each).calls;
  const founds = all.flatMap((call, index) => (call === 'found' ? [index] : []));
  deepStrictEqual(run(each, closeAt).calls, all.slice(0, (founds[closeAt - 1] ?? all.length) + 1));
});
