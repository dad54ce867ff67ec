// What the tests of asyncore/linux share.
import { readdirSync, readFileSync } from 'node:fs';

/** The signals that each thread of this process blocks, as a mask. */
export function blockedSignals(): bigint[] {
  return readdirSync('/proc/self/task').flatMap((thread) => {
    try {
      const status = readFileSync(`/proc/self/task/${thread}/status`, 'utf8');
      const [, mask = '0'] = /^SigBlk:\s+(\w+)$/m.exec(status) ?? [];
      return [BigInt(`0x${mask}`)];
    } catch {
      // The thread has ended meanwhile.
      return [];
    }
  });
}
