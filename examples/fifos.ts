// Watches eight FIFOs at once, while the rest of Node runs as if they were not there: none of them
// occupies a thread of the pool that fs, dns, zlib and crypto share.
//
//   npx tsx examples/fifos.ts                 (compare npx tsx examples/fifos_starved.ts)
import { execFileSync, spawn } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { FileDispatcher, loop, socketMap } from 'asyncore';

class Watch extends FileDispatcher {
  readonly #name: string;

  constructor(path: string) {
    // Without O_NONBLOCK, open() would block until another process opens the FIFO for writing.
    const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    super(fd);
    closeSync(fd); // the channel keeps a duplicate
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
  console.log('watching %d FIFOs, none with a writer yet', socketMap.size);

  let slowest = 0;
  for (let i = 0; i < 20; i++) {
    const start = performance.now();
    await readFile(import.meta.filename);
    slowest = Math.max(slowest, performance.now() - start);
  }
  console.log('fs.readFile, 20 times: %s ms at most', slowest.toFixed(1));

  // Another process opens each of them in turn, writes one line, and closes it.
  spawn('sh', ['-c', 'for fifo do echo "hello from another process" > "$fifo"; done', 'sh', ...paths]);
  await watching; // every writer is gone, so no channel is left
  console.log('all have ended');
} finally {
  rmSync(folder, { recursive: true });
}
