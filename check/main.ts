// npm run check [names...] [-- arguments of a single one]: runs the checks that are named, or all but the
// soak and the runtimes, one after another, each in a process of its own. Below what they print a line says how far they
// are (checks send it as messages), and a table in the end what came of each.
import { join } from 'node:path';
import { Presets, SingleBar } from 'cli-progress';
import Table from 'cli-table3';
import { Child, TSX } from '../test/support/child.ts';

/** The folder of each check, and the arguments that come first; in the order in which they are run. */
const CHECKS: Readonly<Record<string, readonly [folder: string, ...args: string[]]>> = {
  memory: ['sanitize', 'address,undefined'],
  tsan: ['sanitize', 'thread'],
  faults: ['faults'],
  ends: ['ends'],
  fuzz: ['fuzz'],
  stale: ['stale'],
  chat: ['chat'],
  arguments: ['arguments'],
  fairness: ['fairness'],
  streams: ['streams'],
  package: ['package'],
  protocols: ['protocols'],
  mutations: ['mutations'],
  runtimes: ['runtimes'],
  bundlers: ['bundlers'],
  soak: ['soak'],
};
const KNOWN = Object.keys(CHECKS);
/** Run only when they are named. */
const LONG: readonly string[] = ['runtimes', 'soak'];

/** Names come first; what begins with the first option or path is for the check. */
function readArguments(): { names: string[]; args: string[] } {
  const words = process.argv.slice(2);
  const end = words.findIndex((word) => /^-|[./]/.test(word));
  const names = end < 0 ? words : words.slice(0, end);
  const args = words.slice(names.length).filter((word) => word !== '--');
  const unknown = names.filter((name) => !KNOWN.includes(name));
  if (unknown.length > 0) refuse(`There is no check ${unknown.join(' ')}.`);
  if (args.length > 0 && names.length !== 1) refuse(`Which check is ${args.join(' ')} for?`);
  return { names: names.length > 0 ? names : KNOWN.filter((name) => !LONG.includes(name)), args };
}

function refuse(what: string): never {
  console.error(`${what} npm run check [names...] [-- arguments of a single one]; checks: ${KNOWN.join(' ')}`);
  process.exit(2);
}

const { names, args } = readArguments();
const bar = new SingleBar(
  {
    format: ' {bar} {value}/{total} checks, {duration_formatted}   {now}',
    barsize: 24,
    hideCursor: true,
    clearOnComplete: true,
    // Where output is kept in a file, a line now and then.
    noTTYOutput: true,
    notTTYSchedule: 60_000,
    fps: 2,
    // What is printed in between takes the bar's place.
    forceRedraw: true,
  },
  Presets.shades_classic,
);

/** Prints lines in the bar's place; they may be wrapped, unlike the bar. */
function print(lines: string): void {
  const { isTTY } = process.stderr;
  if (isTTY) process.stderr.write('\r\x1b[K\x1b[?7h');
  console.log(lines);
  if (isTTY) process.stderr.write('\x1b[?7l');
}

interface Result {
  readonly isWell: boolean;
  readonly seconds: number;
  /** The last line that it printed. */
  readonly last: string;
}

async function run(name: string): Promise<Result> {
  const [folder = '', ...first] = CHECKS[name] ?? [];
  const began = performance.now();
  print(`${name}:`);
  bar.update({ now: name });
  const script = join(import.meta.dirname, folder, 'main.ts');
  const child = new Child(process.execPath, [...TSX, script, ...first, ...args], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  let last = '';
  const hear = (text: string) => {
    print(text);
    last = text.slice(text.lastIndexOf('\n') + 1);
  };
  child.onLine(hear);
  child.process.stderr?.on('data', (data) => hear(String(data).trimEnd()));
  child.process.on('message', (message) => bar.update({ now: `${name}: ${message}` }));
  const { code, signal } = await child.ended;
  bar.increment();
  const isWell = code === 0;
  const ending = signal === null && code === 1 ? '' : `ended with ${signal ?? code} `;
  return { isWell, seconds: (performance.now() - began) / 1000, last: isWell ? last : `${ending}${last}` };
}

bar.start(names.length, 0, { now: '' });
const table = new Table({
  head: ['check', '', 'seconds', 'what it said last'],
  colAligns: ['left', 'left', 'right', 'left'],
  colWidths: [null, null, null, 80],
  wordWrap: true,
  style: { head: [], border: [] },
});
for (const name of names) {
  const { isWell, seconds, last } = await run(name);
  table.push([name, isWell ? 'passed' : 'FAILED', seconds.toFixed(0), last]);
  if (!isWell) process.exitCode = 1;
}
bar.stop();
console.log(table.toString());
