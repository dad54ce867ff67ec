// pipeline() of a gigabyte through zlib, over a socketpair: by hash, and with memory flat. The memory that
// is resident, and the heap, are measured all the time; what counts is the most of each part of the run.
import { throughZlib } from '../../test/support/zlib.ts';
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
  const parts: Memory[] = Array.from({ length: PARTS }, () => ({ resident: 0, heap: 0 }));
  const { sent, received } = await throughZlib(megabytes, (i) => {
    const part = parts[Math.floor((i * PARTS) / megabytes)];
    const { rss, heapUsed } = process.memoryUsage();
    if (part !== undefined) {
      part.resident = Math.max(part.resident, rss / MB);
      part.heap = Math.max(part.heap, heapUsed / MB);
    }
    if (i % 16 === 0) progress(`${i} of ${megabytes} MiB, ${(rss / MB).toFixed()} MiB resident`);
  });
  equal(received, sent, 'hash');
  const shown = (key: keyof Memory) => parts.map((part) => part[key].toFixed()).join(' ');
  const memory = `resident ${shown('resident')}, heap ${shown('heap')} MiB`;
  for (const key of ['resident', 'heap'] as const) {
    const growth = most(parts.slice(PARTS / 2), key) - most(parts.slice(1, PARTS / 2), key);
    if (!(growth < MOST[key])) throw new Error(`memory grows (${key} by ${growth.toFixed()} MiB): ${memory}`);
  }
  return `${megabytes} MiB, ${memory}`;
}
