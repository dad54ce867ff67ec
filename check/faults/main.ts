// npm run check faults [-- --scenario name]: fails every system call of the addon at every index, in every scenario, with
// select and with poll. Builds the shim, runs the cases in child processes, two at a time, and
// watches over them: a child that crashes or hangs fails its case and is followed by another one.
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Child, TSX, UNCACHED } from '../../test/support/child.ts';
import { copyAddon, run } from '../addon.ts';
import { readOptions } from '../options.ts';
import { CALLS, Control } from './control.ts';
import { ALL_SERIES, ONCE_A_PROCESS } from './series.ts';

/** A case that has not ended after so many seconds hangs. */
const HANGS_AFTER = 60;
/** The last is what happens once in the life of a process. */
const SCENARIOS = ['sockets', 'pipes', 'chat', 'calls', 'once'];
const BACKENDS = ['select', 'poll'];

/** Parked from the first channel on, unless the environment says something else. */
const { ASYNCORE_PARK_FROM = '1' } = process.env;

/** Whether a whole run comes to that call. */
function isDue(call: string): boolean {
  if (call.startsWith('epoll_')) return ASYNCORE_PARK_FROM !== 'Infinity';
  return call !== 'recvmsg' && call !== 'sendmsg';
}

const { scenario: wanted } = readOptions({ options: { scenario: { type: 'string' } } }).values;
if (wanted !== undefined && !SCENARIOS.includes(wanted)) {
  console.error(`There is no scenario ${wanted}. Known: ${SCENARIOS.join(' ')}`);
  process.exit(2);
}
const folder = copyAddon();
const shim = join(folder, 'shim.so');
const failures: string[] = [];
const seen = new Set<string>();
let cases = 0;
let jobs = 0;

function fail(failure: string): void {
  failures.push(failure);
  console.log(`FAILED ${failure}`);
}

interface Line {
  number?: number;
  cases?: number;
  failures?: string[];
  counts?: Record<string, number>;
}

/** The cases of one job. */
interface Tally {
  cases: number;
}

function read(line: Line, tally: Tally): void {
  tally.cases += line.cases ?? 0;
  for (const failure of line.failures ?? []) fail(failure);
  for (const [call, count] of Object.entries(line.counts ?? {})) {
    if (count > 0) seen.add(call);
  }
}

/** One child, until it ends: whether it came to the end of its work. */
async function runChild(args: string[], control: Control, controlPath: string, tally: Tally): Promise<boolean> {
  const script = join(import.meta.dirname, 'child.ts');
  const child = new Child(process.execPath, ['--expose-gc', ...TSX, script, ...args], {
    env: {
      ...UNCACHED,
      LD_PRELOAD: shim,
      FAULTS_CONTROL: controlPath,
      ASYNCORE_PARK_FROM,
      ASYNCORE_PREBUILD: folder,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  child.onLine((line) => {
    if (line.startsWith('{')) read(JSON.parse(line), tally);
    process.send?.(control.noted().words);
  });
  child.killWhenStill(HANGS_AFTER, () => control.noted().words);
  const { code, signal } = await child.ended;
  if (code === 0) return true;
  const how = signal === 'SIGKILL' ? `did not end within ${HANGS_AFTER} s` : `${signal ?? `exit code ${code}`}`;
  fail(`${control.noted().words}: ${how} ${child.stderr.slice(-2000).trim()}`);
  return false;
}

/** All cases of one scenario with one backend. */
async function runJob(scenario: string, backend: string): Promise<void> {
  const began = performance.now();
  const tally: Tally = { cases: 0 };
  const controlPath = join(folder, `control-${++jobs}`);
  const control = new Control(controlPath, 'w+');
  for (let series = 0, index = 1, tries = 0; tries < 20; tries++) {
    control.note(series, index, `${scenario} with ${backend}: start`);
    if (await runChild([scenario, backend, controlPath, `${series}`, `${index}`], control, controlPath, tally)) break;
    const at = control.noted();
    if (at.words.endsWith(': start')) break;
    // On with the series that comes after the one that ended the child.
    series = at.series + 1;
    index = 1;
  }
  const seconds = ((performance.now() - began) / 1000).toFixed(0);
  console.log(`${scenario} with ${backend}: ${tally.cases} cases in ${seconds} s`);
  cases += tally.cases;
}

/** What happens once in the life of a process, each in a process of its own. */
async function runOnceAProcess(backend: string): Promise<void> {
  const controlPath = join(folder, `control-${++jobs}`);
  const control = new Control(controlPath, 'w+');
  const tally: Tally = { cases: 0 };
  for (const [number, { call }] of ALL_SERIES.entries()) {
    if (!ONCE_A_PROCESS.has(call)) continue;
    control.note(number, 1, `series ${number}`);
    await runChild(['sockets', backend, controlPath, '0', '1', `${number}`], control, controlPath, tally);
    seen.add(call);
  }
  cases += tally.cases;
}

run('gcc', [
  '-O1',
  '-Wall',
  '-Wextra',
  '-Werror',
  '-fPIC',
  '-shared',
  join(import.meta.dirname, 'shim.c'),
  '-o',
  shim,
  '-ldl',
]);
const began = performance.now();
const work = SCENARIOS.filter((scenario) => wanted === undefined || scenario === wanted).flatMap((scenario) =>
  BACKENDS.map((backend) => () => (scenario === 'once' ? runOnceAProcess(backend) : runJob(scenario, backend))),
);

async function takeWork(): Promise<void> {
  for (let next = work.shift(); next !== undefined; next = work.shift()) await next();
}

await Promise.all(Array.from({ length: availableParallelism() }, takeWork));
const unseen = CALLS.filter((call) => !seen.has(call) && isDue(call));
if (wanted === undefined && unseen.length > 0) fail(`never called: ${unseen.join(', ')}`);
const seconds = ((performance.now() - began) / 1000).toFixed(0);
console.log(`faults: ${cases} cases over ${seen.size} calls in ${seconds} s, ${failures.length} failures`);
process.exitCode = failures.length > 0 ? 1 : 0;
