// Why reading standard input fails with EAGAIN, and the way out. Whoever shares the open file may have set
// O_NONBLOCK on it, and then a read with nothing to read fails instead of waiting: so wait first.
//
//   npx tsx examples/stdin_again.ts           (type a line)
import { readSync } from 'node:fs';
import { selectSync } from 'asyncore/select';

const data = Buffer.alloc(8192);

function read(): Buffer {
  for (;;) {
    try {
      return data.subarray(0, readSync(0, data));
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) throw error;
      console.log('EAGAIN: nothing to read yet, so wait for it');
      selectSync([0], [], []); // until there is input, or its end
    }
  }
}

console.log('read: %s', read().toString().trimEnd());
