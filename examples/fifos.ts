// Eight FIFOs watched at once, while the rest of Node goes on as if they were not there: none of
// them takes a thread of the pool that fs, dns, zlib and crypto share.
//
//   npx tsx examples/fifos.ts                 (and beside it: npx tsx examples/fifos_starved.ts)
import { execFileSync, spawn } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { FileDispatcher, loop, socketMap } from 'asyncore';

class Watch extends FileDispatcher {
  readonly #name: string;

  constructor(path: string) {
    // Without O_NONBLOCK, open() itself would wait until somebody opens the FIFO for writing.
    const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    super(fd);
    closeSync(fd); // the channel has a duplicate
    this.#name = basename(path);
  }

  override handleRead() {
    const data = this.recv(8192);
    if (data.length > 0) console.log('%s: %s', this.#name, data.toString().trimEnd());
  }

  override writable() {
    return false;
  }
}

const folder = mkdtempSync(join(tmpdir(), 'fifos-'));
const paths = Array.from({ length: 8 }, (_, i) => join(folder, `fifo-${i + 1}`));
execFileSync('mkfifo', paths);
try {
  for (const path of paths) new Watch(path);
  const watching = loop();
  console.log('watching %d FIFOs, and nobody writes', socketMap.size);

  let slowest = 0;
  for (let i = 0; i < 20; i++) {
    const start = performance.now();
    await readFile(import.meta.filename);
    slowest = Math.max(slowest, performance.now() - start);
  }
  console.log('fs.readFile, 20 times: %s ms at most', slowest.toFixed(1));

  // A writer of another process comes to each of them, says its line, and goes.
  spawn('sh', ['-c', 'for fifo do echo "hello from another process" > "$fifo"; done', 'sh', ...paths]);
  await watching; // the last writer of each is gone: no channel is left
  console.log('all have ended');
} finally {
  rmSync(folder, { recursive: true });
}
