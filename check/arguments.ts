// npm run check:arguments [-- calls [seed]]: hostile values for every function of the addon and of the
// library, many at once, in processes of their own. None may crash, hang, throw what is no Error or
// touch what is Node's: its descriptors, files, timers and sockets.
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A process that has made no round of calls for so many milliseconds hangs. */
const HANGS_AFTER = 60_000;

const [calls = 500_000, seed = Math.floor(Math.random() * 2 ** 31)] = process.argv.slice(2).map(Number);
const folder = mkdtempSync(join(tmpdir(), 'asyncore-arguments-'));

interface Report {
  done: number;
  last: string;
  names?: number;
  failure?: string;
}

function read(file: string): Report {
  const none = { done: 0, last: '' };
  if (!existsSync(file)) return none;
  try {
    const report: Report = JSON.parse(readFileSync(file, 'utf8'));
    return report;
  } catch {
    // It is being written.
    return none;
  }
}

async function run(what: 'addon' | 'library'): Promise<boolean> {
  const file = join(folder, `${what}.json`);
  const script = join(import.meta.dirname, 'arguments', 'child.ts');
  // Files, not pipes: Node makes pipes of sockets, and a socket can be adopted by its number.
  const output = openSync(join(folder, `${what}.log`), 'w');
  const began = performance.now();
  const child = spawn(process.execPath, ['--expose-gc', '--import', 'tsx', script, what, `${calls}`, `${seed}`, file], {
    stdio: ['ignore', output, output],
  });
  let [done, since] = [0, performance.now()];
  const timer = setInterval(() => {
    const now = read(file).done;
    if (now !== done) [done, since] = [now, performance.now()];
    if (performance.now() - since > HANGS_AFTER) child.kill('SIGKILL');
  }, 200);
  const [code, signal] = await new Promise<[number | null, string | null]>((resolve) => {
    child.on('close', (...ending) => resolve(ending));
  });
  clearInterval(timer);
  const { done: made, names, failure } = read(file);
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  if (code === 0 && failure === undefined && made >= calls) {
    console.log(`${what}: ${made.toLocaleString('en')} calls of ${names} functions in ${seconds} s: nothing was wrong`);
    return true;
  }
  const ending = signal === 'SIGKILL' ? 'hung' : `ended with ${signal ?? code}`;
  console.log(`${what}: FAILED with seed ${seed} after ${made} calls: ${failure ?? ending}`);
  console.log(readFileSync(join(folder, `${what}.log`), 'utf8').slice(-2000));
  return false;
}

const results = await Promise.all([run('addon'), run('library')]);
rmSync(folder, { recursive: true });
console.log(`seed ${seed}`);
process.exitCode = results.every(Boolean) ? 0 : 1;
