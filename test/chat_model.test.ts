// AsyncChat's terminators against a model of a few lines and against CPython's asynchat: any stream,
// any terminators, cut anywhere, changed anywhere.
import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { AsyncChat } from '../lib/index.ts';

type Mark = string | number | null;

interface Case {
  first: Mark;
  /** What arrives, piece by piece; before a piece the terminator may be set from outside. */
  pieces: { data: string; change: Mark | undefined }[];
  /** What foundTerminator() sets, call by call; undefined leaves the terminator as it is. */
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
const cases: fc.Arbitrary<Case> = fc.record({
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

/** The calls that AsyncChat makes: 'data:...' and 'found'; and what it has kept. */
function run({ first, pieces, changes }: Case, closeAt = Infinity): { calls: string[]; kept: string } {
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

/** The same in a few lines. */
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

test('C05 to C20: every stream is cut where the model cuts it', () => {
  fc.assert(
    fc.property(cases, (each) => {
      const { calls, kept } = run(each);
      expect({ messages: messages(calls), kept }).toEqual(model(each));
      expect(calls).not.toContain('data:');
    }),
    { numRuns: 2000 },
  );
});

test('C20 where the pieces are cut makes no difference to the messages', () => {
  fc.assert(
    fc.property(cases, fc.integer({ min: 1, max: 5 }), (each, size) => {
      const data = each.pieces.map((piece) => piece.data).join('');
      const cut = (by: number) =>
        (data.match(new RegExp(`[^]{1,${by}}`, 'g')) ?? []).map((piece) => ({ data: piece, change: undefined }));
      const whole = run({ ...each, pieces: cut(1000) });
      const inPieces = run({ ...each, pieces: cut(size) });
      expect(messages(inPieces.calls)).toEqual(messages(whole.calls));
      expect(inPieces.kept).toBe(whole.kept);
    }),
    { numRuns: 500 },
  );
});

test('C22 deviation 10: what is delivered before a close is what is delivered without it', () => {
  fc.assert(
    fc.property(cases, fc.integer({ min: 1, max: 4 }), (each, closeAt) => {
      const all = run(each).calls;
      const { calls } = run(each, closeAt);
      const founds = all.flatMap((call, index) => (call === 'found' ? [index] : []));
      expect(calls).toEqual(all.slice(0, (founds[closeAt - 1] ?? all.length) + 1));
    }),
    { numRuns: 500 },
  );
});

const CPYTHON = `
import warnings; warnings.simplefilter('ignore')
import asynchat, json, sys
mark = lambda m: m.encode('latin-1') if isinstance(m, str) else m
class Chat(asynchat.async_chat):
    def __init__(self, case):
        super().__init__(None, {})
        self.calls, self.changes, self.piece = [], list(case['changes']), b''
        self.set_terminator(mark(case['first']))
    def recv(self, size): return self.piece
    def collect_incoming_data(self, data): self.calls.append('data:' + data.decode('latin-1'))
    def found_terminator(self):
        self.calls.append('found')
        change = self.changes.pop(0) if self.changes else 'as it is'
        if change != ['as it is'] and change != 'as it is': self.set_terminator(mark(change))
def run(case):
    chat = Chat(case)
    for piece in case['pieces']:
        if 'change' in piece: chat.set_terminator(mark(piece['change']))
        chat.piece = piece['data'].encode('latin-1')
        chat.handle_read()
    return {'calls': chat.calls, 'kept': chat.ac_in_buffer.decode('latin-1')}
print(json.dumps([run(case) for case in json.load(sys.stdin)]))
`;
const hasAsynchat = spawnSync('python3', ['-W', 'ignore', '-c', 'import asynchat']).status === 0;

test.skipIf(!hasAsynchat)('C05 to C20: CPython makes the same calls, piece by piece', () => {
  const all = fc.sample(cases, 500);
  // undefined does not pass through JSON.
  const input = all.map((each) => ({
    ...each,
    changes: each.changes.map((change) => (change === undefined ? ['as it is'] : change)),
  }));
  const { stdout } = spawnSync('python3', ['-c', CPYTHON], { input: JSON.stringify(input), encoding: 'utf8' });
  const theirs: unknown = JSON.parse(stdout);
  expect(all.map((each) => run(each))).toEqual(theirs);
});
