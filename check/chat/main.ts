// npm run check chat [-- --runs n --seed n]: AsyncChat against a model of a few lines, ByteQueue and Fifo
// against arrays, each for 100,000 random cases. fast-check makes a failing case small and names the
// seed that repeats it.
import fc from 'fast-check';
import { closedInBetween, cutAnywhere, cutWhereTheModelCuts } from '../../test/support/chat_model.ts';
import { byteQueueProperty, fifoProperty } from '../../test/support/queue_model.ts';
import { readNumbers, someSeed } from '../options.ts';

const { runs, seed } = readNumbers({ runs: 100_000, seed: someSeed() });

const PROPERTIES: [name: string, property: fc.IRawProperty<unknown>][] = [
  ['AsyncChat: every stream is cut where the model cuts it', cutWhereTheModelCuts],
  ['AsyncChat: where the pieces are cut makes no difference', cutAnywhere],
  ['AsyncChat: what is delivered before a close is what is delivered without it', closedInBetween],
  ['ByteQueue: the bytes that were put in, in order', byteQueueProperty],
  ['Fifo: what an array does', fifoProperty],
];

/** Runs are made in parts, so that something is seen of how far they are. */
const PART = 5000;

for (const [name, property] of PROPERTIES) {
  const began = performance.now();
  for (let done = 0; done < runs; done += PART) {
    process.send?.(`${name}: ${done.toLocaleString('en')} of ${runs.toLocaleString('en')}`);
    fc.assert(property, { numRuns: Math.min(PART, runs - done), seed: seed + done });
  }
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  console.log(`${name}: ${runs.toLocaleString('en')} cases in ${seconds} s`);
}
console.log(`chat: nothing was wrong (seed ${seed})`);
