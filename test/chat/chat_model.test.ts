// AsyncChat's terminators against a model of a few lines and against CPython's asynchat: any stream,
// any terminators, cut anywhere, changed anywhere.
import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cases, closedInBetween, cutAnywhere, cutWhereTheModelCuts, run } from '../support/chat_model.ts';

test('every stream is cut where the model cuts it', () => {
  fc.assert(cutWhereTheModelCuts, { numRuns: 2000 });
});

test('where the pieces are cut makes no difference to the messages', () => {
  fc.assert(cutAnywhere, { numRuns: 500 });
});

test('what is delivered before a close is what is delivered without one', () => {
  fc.assert(closedInBetween, { numRuns: 500 });
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

test.skipIf(!hasAsynchat)('CPython makes the same calls, piece by piece', () => {
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
