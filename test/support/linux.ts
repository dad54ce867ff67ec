// What the tests of asyncore/linux share.
import { readdirSync, readFileSync } from 'node:fs';

/** The signals that a thread of this process blocks, as a mask; by default the main one. */
export function blockedBy(thread: string | number = process.pid): bigint {
  const status = readFileSync(`/proc/self/task/${thread}/status`, 'utf8');
  const [, mask = '0'] = /^SigBlk:\s+(\w+)$/m.exec(status) ?? [];
  return BigInt(`0x${mask}`);
}

/** The signals that each thread of this process blocks. The main one need not come first: the names are sorted. */
export function blockedSignals(): bigint[] {
  return readdirSync('/proc/self/task').flatMap((thread) => {
    try {
      return [blockedBy(thread)];
    } catch {
      // The thread has ended meanwhile.
      return [];
    }
  });
}
