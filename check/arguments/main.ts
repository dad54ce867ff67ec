// npm run check arguments [-- --calls n --seed n]: hostile values for every function of the addon and of
// the library, many at once, in processes of their own. None may crash, hang, throw what is no Error or
// touch what is Node's: its descriptors, files, timers and sockets.
import { existsSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Child, TSX, UNCACHED } from '../../test/support/child.ts';
import { temporaryFolder } from '../addon.ts';
import { readNumbers, someSeed } from '../options.ts';

/** A process that has made no round of calls for so many seconds hangs. */
const HANGS_AFTER = 60;

const { calls, seed } = readNumbers({ calls: 500_000, seed: someSeed() });
const folder = temporaryFolder();

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
  const script = join(import.meta.dirname, 'child.ts');
  // Files, not pipes: Node makes pipes of sockets, and a socket can be adopted by its number.
  const output = openSync(join(folder, `${what}.log`), 'w');
  const began = performance.now();
  const child = new Child(process.execPath, ['--expose-gc', ...TSX, script, what, `${calls}`, `${seed}`, file], {
    stdio: ['ignore', output, output],
    env: UNCACHED,
  });
  child.killWhenStill(HANGS_AFTER, () => read(file).done);
  const { code, signal } = await child.ended;
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
const failures = results.filter((isWell) => !isWell).length;
console.log(`arguments: ${failures === 0 ? 'nothing was wrong' : `${failures} failures`} (seed ${seed})`);
process.exitCode = failures === 0 ? 0 : 1;
