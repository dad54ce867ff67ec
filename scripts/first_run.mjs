// What a newcomer does, with the Node that runs this: an empty folder, `npm init -y`, the packed package
// and the README's first example, pasted. Arguments: npm's npm-cli.js, then what is given to `npm install`.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const [npm = '', ...what] = process.argv.slice(2);
const readme = readFileSync(resolve(import.meta.dirname, '../README.md'), 'utf8');
const [, example = ''] = /^```js run\n(.*?)^```$/ms.exec(readme) ?? [];
const [, name = ''] = /Save it as `(\w+\.\w+)`/.exec(readme) ?? [];
if (example === '' || name === '') throw new Error('README.md has no first example, or does not say how to save it');

const folder = mkdtempSync(join(tmpdir(), 'asyncore-first-'));
// What the npm that started this has set is not for the npm under test.
const env = Object.fromEntries(Object.entries(process.env).filter(([key]) => !/^npm_/i.test(key)));
const inFolder = { cwd: folder, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] };

function runNpm(...args) {
  return execFileSync(process.execPath, [npm, ...args, '--no-audit', '--no-fund', '--no-update-notifier'], inFolder);
}

/** Runs the example on two FIFOs and writes a line to each; it ends when both have ended. */
async function followFifos() {
  const fifos = ['a', 'b'];
  execFileSync('mkfifo', fifos, inFolder);
  const tail = spawn(process.execPath, [name, ...fifos], { ...inFolder, timeout: 60_000, killSignal: 'SIGKILL' });
  let said = '';
  let complaint = '';
  tail.stdout.on('data', (data) => (said += data));
  tail.stderr.on('data', (data) => (complaint += data));
  const ended = once(tail, 'close');
  // Each waits until the example has opened the FIFO; had it failed to, they are killed.
  const writers = fifos.map((fifo) =>
    spawn('sh', ['-c', `echo "hello, ${fifo}" > ${fifo}`], { ...inFolder, timeout: 60_000, killSignal: 'SIGKILL' }),
  );
  const [code, signal] = await ended;
  for (const writer of writers) writer.kill('SIGKILL');
  const lines = said.trim().split('\n').sort().join();
  if (code !== 0 || lines !== 'hello, a,hello, b') {
    throw new Error(`the example ended with ${signal ?? code}, printed [${lines}] and complained: ${complaint}`);
  }
}

try {
  runNpm('init', '-y');
  runNpm('install', ...what);
  writeFileSync(join(folder, name), example);
  await followFifos();
  // With a lockfile, npm looks again at what it has to build.
  runNpm('ci', ...what.filter((argument) => argument.startsWith('--')));
  const { type = 'none' } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  console.log(
    `first run: Node ${process.versions.node}, npm ${runNpm('--version').trim()}, type ${type}: the example runs`,
  );
} catch (error) {
  console.error(`first run: Node ${process.versions.node}, ${npm}: ${error.stderr || error.message}`);
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true });
}
