// Worker threads that are ended at random moments with live channels and a blocked wait: each end
// is quick, the process goes on, and nothing stays open.
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { openDescriptors } from '../../test/support/descriptors.ts';
import { timesOf } from './processes.ts';

const lib = (name: string) => new URL(`../../dist/${name}.js`, import.meta.url).href;
const SOON = 500;

// Plain JavaScript against the compiled library: loading a TypeScript loader 500 times would take
// longer than all the rest.
const PROGRAM = `
const { parentPort, workerData } = require('node:worker_threads');
(async () => {
  const { Dispatcher, loop } = await import(${JSON.stringify(lib('index'))});
  const { socketpair } = await import(${JSON.stringify(lib('socket'))});
  class Channel extends Dispatcher {
    writable() { return false; }
    handleRead() { this.recv(64); if (workerData.busy) this.peer.send('more'); }
    handleClose() { this.close(); }
  }
  for (let i = 0; i < 20; i++) {
    const [near, far] = socketpair();
    new Channel(near).peer = far;
    far.send('first');
  }
  parentPort.postMessage('waits');
  await loop({ backend: workerData.backend, timeout: null });
})();
`;

interface Started {
  readonly worker: Worker;
  readonly waits: Promise<void>;
}

export function start(backend: string, busy: boolean): Started {
  const worker = new Worker(PROGRAM, { eval: true, workerData: { backend, busy } });
  const waits = new Promise<void>((resolve, reject) => {
    worker.once('message', () => resolve());
    worker.once('error', reject);
  });
  waits.catch(() => {});
  return { worker, waits };
}

function descriptors(): string[] {
  return [...openDescriptors().values()].map((what) => what.replace(/:\[\d+\]/, ''));
}

/** Ends a thread: the milliseconds that it took. */
async function terminate(worker: Worker): Promise<number> {
  const began = performance.now();
  await worker.terminate();
  return performance.now() - began;
}

/** Ends `times` threads, one after another and eight at a time by turns; the failures. */
export async function endThreads(times: number): Promise<string[]> {
  const failures: string[] = [];
  const took: number[] = [];
  // Node opens some for its first thread that it keeps.
  for (let i = 0; i < 3; i++) await terminate(start('poll', false).worker);
  const before = descriptors();
  for (let ended = 0; ended < times; ) {
    const count = Math.min(times - ended, ended % 16 === 0 ? 8 : 1);
    const threads = Array.from({ length: count }, (_, i) => start(i % 2 ? 'select' : 'poll', ended % 3 === 0));
    // Some are ended while they start, most in their wait.
    if (ended % 5 !== 0) await Promise.all(threads.map(({ waits }) => waits));
    await sleep(Math.random() * 20);
    took.push(...(await Promise.all(threads.map(({ worker }) => terminate(worker)))));
    ended += count;
  }
  await sleep(100);
  const after = descriptors();
  if (after.length > before.length) failures.push(`${after.length - before.length} descriptors left: ${after}`);
  const slow = took.filter((time) => time > SOON).length;
  console.log(`worker.terminate(): ${timesOf(took)}, descriptors ${before.length} before, ${after.length} after`);
  if (slow > took.length / 100) failures.push(`${slow} threads took longer than ${SOON} ms to end`);
  return failures;
}
