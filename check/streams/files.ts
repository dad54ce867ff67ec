// FIFOs and terminals as streams, beside fs.readFile; and cycles of open, pipe and destroy. Also what all the
// showings are given.
import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { FileWrapper } from '../../lib/index.ts';
import { toDuplex, toReadable } from '../../lib/stream.ts';
import { openpty, setRaw } from '../../lib/tty.ts';
import type { Certificate } from '../../test/support/certificate.ts';
import { Child } from '../../test/support/child.ts';
import { openDescriptors } from '../../test/support/descriptors.ts';
import { runCycles } from '../../test/support/stream_cycles.ts';
import { quantile } from '../../test/support/time.ts';
import { eventually } from '../../test/support/wait.ts';

export interface Options {
  readonly megabytes: number;
  readonly cycles: number;
  readonly seed: number;
  readonly trusted: Certificate;
  /** A path for a file, another one each time. */
  path(): string;
  progress(text: string | number): void;
}

export function equal(found: unknown, expected: unknown, what: string): void {
  if (found !== expected) throw new Error(`${what}: ${found} instead of ${expected}`);
}

export const hash = (data: Buffer | string) => createHash('sha256').update(data).digest('hex');

/** The most that fs.readFile may take, in milliseconds, at the 99th percentile. */
const QUICK = 1000;

/** How long fs.readFile takes while `work` goes on, as text. */
async function besideReadings(work: Promise<unknown>): Promise<string> {
  const times: number[] = [];
  let isOver = false;
  const over = work.finally(() => {
    isOver = true;
  });
  while (!isOver) {
    const start = performance.now();
    await readFile(import.meta.filename);
    times.push(performance.now() - start);
  }
  await over;
  const [half, most] = [quantile(times, 0.5), quantile(times, 0.99)];
  if (!(most < QUICK)) throw new Error(`fs.readFile takes ${most.toFixed()} ms`);
  return `fs.readFile ${half.toFixed(2)} ms, at the 99th percentile ${most.toFixed(2)} ms`;
}

/** Sixteen FIFOs that nobody writes to, which would take all threads of Node's pool, and one that brings all it can. */
export async function showFifo({ megabytes, path, progress }: Options): Promise<string> {
  const paths = Array.from({ length: 17 }, path);
  execFileSync('mkfifo', paths);
  const [busy = '', ...idle] = paths;
  const others = idle.map((each) => toReadable(FileWrapper.open(each)).resume());
  const bytes = megabytes * 2 ** 20;
  const fifo = toReadable(FileWrapper.open(busy));
  const writer = new Child('sh', ['-c', 'head -c "$1" /dev/zero > "$2"', 'sh', String(bytes), busy]);
  let received = 0;
  const sink = new Writable({
    write(data, _encoding, done) {
      received += data.length;
      progress(`${Math.floor(received / 2 ** 20)} of ${megabytes} MiB`);
      done();
    },
  });
  const readings = await besideReadings(pipeline(fifo, sink));
  await writer.ended;
  equal(received, bytes, 'bytes');
  for (const each of others) each.destroy();
  return `${megabytes} MiB, ${idle.length} idle ones beside it; ${readings}`;
}

/** What is written to a terminal comes back through a program in it, until that has ended. */
export async function showTerminal({ megabytes, progress }: Options): Promise<string> {
  const size = Math.ceil(megabytes / 16) * 2 ** 20;
  const [master, slave] = openpty();
  setRaw(slave);
  const { fd } = slave;
  const child = new Child('head', ['-c', String(size)], { stdio: [fd, fd, 'inherit'] });
  await once(child.process, 'spawn');
  slave.close();
  const terminal = toDuplex(master);
  const body = randomBytes(size);
  const sum = createHash('sha256');
  let received = 0;
  const reading = pipeline(
    terminal,
    new Writable({
      write(data, _encoding, done) {
        sum.update(data);
        received += data.length;
        progress(`${Math.floor(received / 2 ** 20)} of ${size / 2 ** 20} MiB`);
        done();
      },
    }),
  );
  const writing = pipeline(Readable.from([body], { objectMode: false }), terminal, { end: false });
  const readings = await besideReadings(Promise.all([reading, writing]));
  await child.ended;
  // Its writing side is still open.
  terminal.destroy();
  equal(received, size, 'bytes');
  equal(sum.digest('hex'), hash(body), 'hash');
  return `${size / 2 ** 20} MiB each way; ${readings}`;
}

/** With each backend and each way to wait, and no descriptor left. */
export async function showCycles({ cycles, seed, progress }: Options): Promise<string> {
  const before = openDescriptors();
  const wrong: string[] = [];
  for (const backend of ['select', 'poll'] as const) {
    for (const wait of ['worker', 'inline'] as const) {
      const name = `${backend}, ${wait}`;
      const found = await runCycles(cycles, seed, { backend, wait }, (done) => {
        if (done % 100 === 0) progress(`${name}: ${done} of ${cycles}`);
      });
      wrong.push(...found.map((each) => `${name}: ${each}`));
    }
  }
  const left = () => [...openDescriptors()].filter(([fd, what]) => before.get(fd) !== what);
  await eventually(
    () => left().length === 0,
    () => `descriptors are left: ${left().join(' ')}`,
  );
  if (wrong.length > 0) throw new Error(`${wrong.length} cycles, the first: ${wrong[0]}`);
  return `${cycles} cycles with each backend and each way to wait`;
}
