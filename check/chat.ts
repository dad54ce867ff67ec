// npm run check:chat [-- runs [seed]]: AsyncChat against a model of a few lines, ByteQueue and Fifo
// against arrays, each for 100,000 random cases. fast-check makes a failing case small and names the
// seed that repeats it.
import { deepStrictEqual } from 'node:assert';
import fc from 'fast-check';
import { cases, messages, model, run } from '../test/support/chat_model.ts';
import { byteQueueProperty, fifoProperty } from '../test/support/queue_model.ts';

const [runs = 100_000, seed = Math.floor(Math.random() * 2 ** 31)] = process.argv.slice(2).map(Number);

const cutWhereTheModelCuts = fc.property(cases, (each) => {
  const { calls, kept } = run(each);
  deepStrictEqual({ messages: messages(calls), kept }, model(each));
});

const cutAnywhere = fc.property(cases, fc.integer({ min: 1, max: 5 }), (each, size) => {
  const data = each.pieces.map((piece) => piece.data).join('');
  const cut = (by: number) =>
    (data.match(new RegExp(`[^]{1,${by}}`, 'g')) ?? []).map((piece) => ({ data: piece, change: undefined }));
  const whole = run({ ...each, pieces: cut(1000) });
  const inPieces = run({ ...each, pieces: cut(size) });
  deepStrictEqual([messages(inPieces.calls), inPieces.kept], [messages(whole.calls), whole.kept]);
});

const closedInBetween = fc.property(cases, fc.integer({ min: 1, max: 4 }), (each, closeAt) => {
  const all = run(each).calls;
  const founds = all.flatMap((call, index) => (call === 'found' ? [index] : []));
  deepStrictEqual(run(each, closeAt).calls, all.slice(0, (founds[closeAt - 1] ?? all.length) + 1));
});

const PROPERTIES: [name: string, property: fc.IRawProperty<unknown>][] = [
  ['AsyncChat: every stream is cut where the model cuts it', cutWhereTheModelCuts],
  ['AsyncChat: where the pieces are cut makes no difference', cutAnywhere],
  ['AsyncChat: what is delivered before a close is what is delivered without it', closedInBetween],
  ['ByteQueue: the bytes that were put in, in order', byteQueueProperty],
  ['Fifo: what an array does', fifoProperty],
];

/** Runs are made in parts, so that something is seen of how far they are. */
const PART = 5000;
const { isTTY } = process.stdout;

for (const [name, property] of PROPERTIES) {
  const began = performance.now();
  for (let done = 0; done < runs; done += PART) {
    if (isTTY) process.stdout.write(`\r\x1b[K${name}: ${done.toLocaleString('en')} of ${runs.toLocaleString('en')}`);
    fc.assert(property, { numRuns: Math.min(PART, runs - done), seed: seed + done });
  }
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  console.log(`${isTTY ? '\r\x1b[K' : ''}${name}: ${runs.toLocaleString('en')} cases in ${seconds} s`);
}
console.log(`nothing was wrong (seed ${seed})`);
