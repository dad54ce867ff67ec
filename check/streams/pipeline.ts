// pipeline() of a gigabyte through zlib, over a socketpair: by hash, and with memory flat. The memory that
// is resident, and the heap, are measured all the time; what counts is the most of each part of the run.
import { createHash, randomBytes } from 'node:crypto';
import { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { socketpair } from '../../lib/socket.ts';
import { toReadable, toWritable } from '../../lib/stream.ts';
import { equal, type Options } from './files.ts';

const MB = 2 ** 20;
const PARTS = 8;
/** What it may grow by from the first half of the run, without its first part, to its second half. */
const MOST = { resident: 24, heap: 8 };

interface Memory {
  resident: number;
  heap: number;
}

const most = (parts: readonly Memory[], key: keyof Memory) => Math.max(...parts.map((part) => part[key]));

export async function showPipeline({ megabytes, progress }: Options): Promise<string> {
  const [here, there] = socketpair();
  const [sent, received] = [createHash('sha256'), createHash('sha256')];
  const piece = randomBytes(MB);
  const parts: Memory[] = Array.from({ length: PARTS }, () => ({ resident: 0, heap: 0 }));
  async function* source() {
    for (let i = 0; i < megabytes; i++) {
      piece.writeInt32LE(i);
      sent.update(piece);
      const part = parts[Math.floor((i * PARTS) / megabytes)];
      const { rss, heapUsed } = process.memoryUsage();
      if (part !== undefined) {
        part.resident = Math.max(part.resident, rss / MB);
        part.heap = Math.max(part.heap, heapUsed / MB);
      }
      if (i % 16 === 0) progress(`${i} of ${megabytes} MiB, ${(rss / MB).toFixed()} MiB resident`);
      // zlib keeps what it is given until it has compressed it.
      yield Buffer.from(piece);
    }
  }
  const sink = new Writable({
    write(data, _encoding, done) {
      received.update(data);
      done();
    },
  });
  await Promise.all([
    pipeline(Readable.from(source()), createGzip({ level: 1 }), toWritable(here)),
    pipeline(toReadable(there), createGunzip(), sink),
  ]);
  equal(received.digest('hex'), sent.digest('hex'), 'hash');
  const shown = (key: keyof Memory) => parts.map((part) => part[key].toFixed()).join(' ');
  const memory = `resident ${shown('resident')}, heap ${shown('heap')} MiB`;
  for (const key of ['resident', 'heap'] as const) {
    const growth = most(parts.slice(PARTS / 2), key) - most(parts.slice(1, PARTS / 2), key);
    if (!(growth < MOST[key])) throw new Error(`memory grows (${key} by ${growth.toFixed()} MiB): ${memory}`);
  }
  return `${megabytes} MiB, ${memory}`;
}
