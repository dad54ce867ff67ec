// The same eight FIFOs with fs.createReadStream: each blocks a thread of Node's pool, which has only
// four, so the fifth FIFO and all other file I/O in the process wait forever.
//
//   npx tsx examples/fifos_starved.ts
import { execFileSync } from 'node:child_process';
import { createReadStream, mkdtempSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const folder = mkdtempSync(join(tmpdir(), 'fifos-'));
const paths = Array.from({ length: 8 }, (_, i) => join(folder, `fifo-${i + 1}`));
execFileSync('mkfifo', paths);

for (const path of paths) createReadStream(path).on('data', (data) => console.log('%s', data));
console.log('reading %d FIFOs with fs.createReadStream, none with a writer yet', paths.length);

// By then every thread of the pool opens a FIFO.
await sleep(100);
const first = await Promise.race([readFile(import.meta.filename), sleep(1000, 'nothing')]);
console.log(first === 'nothing' ? 'fs.readFile: no answer within 1000 ms' : 'fs.readFile: answered');

rmSync(folder, { recursive: true });
// process.exit() would wait for the four threads as well, and so never return.
process.kill(process.pid, 'SIGKILL');
