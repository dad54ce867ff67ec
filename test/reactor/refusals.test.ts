// What a test cannot make the system do by itself, with a select(2) that is preloaded: one that is
// short of memory, and one that takes its time to return in the reactor's thread, which itself takes
// its time to end.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Ended, runProgram } from '../support/child.ts';

const folder = mkdtempSync(join(tmpdir(), 'asyncore-'));
const preloaded = join(folder, 'late_select.so');
const SOURCE = new URL('../programs/late_select.c', import.meta.url).pathname;

beforeAll(() => {
  const { stderr } = spawnSync('cc', ['-shared', '-fPIC', '-o', preloaded, SOURCE], { encoding: 'utf8' });
  expect(stderr).toBe('');
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs a module with that select(2). */
function withSelect(settings: Record<string, string>, source: string): Promise<Ended> {
  // What is preloaded already, a sanitizer, wants to be first.
  const { LD_PRELOAD: first = '' } = process.env;
  return runProgram(source, { env: { ...process.env, LD_PRELOAD: `${first} ${preloaded}`.trim(), ...settings } });
}

test('a system that is short of memory for a moment is given some milliseconds', async () => {
  const { stdout, stderr } = await withSelect(
    { REFUSALS: '19' },
    `const [sock, peer] = sockets.socketpair();
    peer.send('x');
    console.log(selecting.selectSync([sock], [], [], 1)[0].length);
    for (const each of [sock, peer]) each.close();`,
  );
  expect({ stdout, stderr }).toEqual({ stdout: '1\n', stderr: '' });
});

test('a system that stays short of memory is no reason to wait for ever', async () => {
  const { stdout, stderr } = await withSelect(
    { REFUSALS: '1000000000' },
    `const [sock, peer] = sockets.socketpair();
    try { selecting.selectSync([sock], [], [], 1); } catch (error) { console.log(error.message); }
    console.log(await selecting.select([sock], [], [], 1).catch((error) => error.message));
    for (const each of [sock, peer]) each.close();`,
  );
  expect({ stdout, stderr }).toEqual({ stdout: 'select ENOMEM\nselect ENOMEM\n', stderr: '' });
});

test('a worker thread ends after the thread that waits for it, however long that takes to come back', async () => {
  const index = new URL('../../lib/index.ts', import.meta.url).href;
  const worker = `
    (async () => {
      (await import('tsx/esm/api')).register();
      const { FileDispatcher, loop, pipe } = await import(${JSON.stringify(index)});
      // Kept, or they might be collected before the thread ends.
      globalThis.ends = pipe();
      new FileDispatcher(globalThis.ends[0].fd);
      void loop({ timeout: null, wait: 'worker' });
      setTimeout(() => require('node:worker_threads').parentPort.postMessage('waits'), 50);
    })();
  `;
  const { stdout, stderr, code } = await withSelect(
    { LATE: '300' },
    `import { readdirSync, readFileSync } from 'node:fs';
    import { once } from 'node:events';
    import { Worker } from 'node:worker_threads';
    const threads = () => readdirSync('/proc/self/task').filter((id) => {
      try { return readFileSync('/proc/self/task/' + id + '/comm', 'utf8') === 'asyncore\\n'; } catch { return false; }
    }).length;
    const worker = new Worker(${JSON.stringify(worker)}, { eval: true, execArgv: [] });
    await once(worker, 'message');
    // The thread gives itself its name when it first runs.
    for (let i = 0; threads() === 0 && i < 1000; i++) await new Promise((wake) => setTimeout(wake, 10));
    const before = threads();
    const exit = once(worker, 'exit');
    await worker.terminate();
    await exit;
    console.log(before, threads());`,
  );
  expect({ stdout, stderr, code }).toEqual({ stdout: '1 0\n', stderr: '', code: 0 });
});
