// npm run check memory|tsan [-- arguments of vitest]: runs the whole suite, and a program that ends of
// itself, with the addon built for sanitizers: main.ts address|undefined|thread[,...] [arguments of vitest].
// Clean is: every process ends as it should, and no sanitizer has written a word. Before that,
// planted faults show that each would.
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, TSX } from '../../test/support/child.ts';
import { buildAddon, headers, run, temporaryFolder } from '../addon.ts';

interface Sanitizer {
  /** The library that must come first in a process. */
  readonly library?: string;
  /** Whether shells and Python, which tests start too, cannot run with it. */
  readonly forNodeAlone?: boolean;
  readonly variable: string;
  readonly options: string;
  /** The planted faults that it is to find. */
  readonly faults: readonly string[];
}

const SANITIZERS: Readonly<Record<string, Sanitizer>> = {
  address: { library: 'libasan.so', variable: 'ASAN_OPTIONS', options: '', faults: ['overflow', 'leak'] },
  undefined: { variable: 'UBSAN_OPTIONS', options: 'print_stacktrace=1', faults: ['undefined'] },
  // What Node's own code does is not seen and must not be taken for races.
  thread: {
    library: 'libtsan.so',
    forNodeAlone: true,
    variable: 'TSAN_OPTIONS',
    // A thread that has ended is joined by the next wait or with its environment: process.exit() has neither.
    options: 'ignore_noninstrumented_modules=1:atexit_sleep_ms=0:report_thread_leaks=0',
    faults: ['race'],
  },
};

const [wanted = '', ...vitestArguments] = process.argv.slice(2);
const names = wanted.split(',');
const sanitizers = names.flatMap((name) => SANITIZERS[name] ?? []);
if (sanitizers.length < names.length) {
  console.error(`usage: tsx check/sanitize/main.ts ${Object.keys(SANITIZERS).join('|')}[,...] [arguments of vitest]`);
  process.exit(2);
}
const isLinked = sanitizers.some(({ forNodeAlone }) => forNodeAlone);
const logs = temporaryFolder();
const folder = `build-${names.join('-')}`;
let node = process.execPath;
// Beside AddressSanitizer, UBSan writes to standard error, log or not: what it finds ends the process.
const flags = `-O1 -g -fno-omit-frame-pointer -fsanitize=${wanted} -fno-sanitize-recover=all`;

function libraries(): string[] {
  return sanitizers.flatMap(({ library }) => {
    if (library === undefined) return [];
    const path = run('g++', [`-print-file-name=${library}`]);
    if (!existsSync(path)) throw new Error(`${library} is missing: it comes with g++ (libasan8, libtsan2, ...)`);
    return path;
  });
}

/** A Node that has the library without a preload, which every program would inherit. */
function linkedNode(): string {
  const node = join(ROOT, folder, 'node');
  copyFileSync(process.execPath, node);
  for (const library of libraries()) run('patchelf', ['--add-needed', library, node]);
  return node;
}

/** Programs that stand still with AddressSanitizer, if they are there. */
const UNSANITIZED = ['curl', 'logger'];

/** A folder for the front of PATH, in which they are started without what is preloaded. */
function unsanitizedPrograms(): string {
  const folder = temporaryFolder();
  for (const name of UNSANITIZED) {
    const program = run('sh', ['-c', `command -v ${name} || echo ${name}`]);
    writeFileSync(join(folder, name), `#!/bin/sh\nunset LD_PRELOAD\nexec ${program} "$@"\n`, { mode: 0o755 });
  }
  return folder;
}

const programs = unsanitizedPrograms();

/** The environment of a process under test; all processes that it starts write to the same logs. */
function environment(extra = ''): NodeJS.ProcessEnv {
  const env: NodeJS.ProcessEnv = {
    ...process.env,
    LD_PRELOAD: isLinked ? '' : libraries().join(' '),
    PATH: `${programs}:${process.env['PATH']}`,
    ASYNCORE_PREBUILD: join(ROOT, folder),
  };
  for (const { variable, options } of sanitizers) {
    env[variable] = [options, extra, `log_path=${join(logs, 'log')}`].filter(Boolean).join(':');
  }
  return env;
}

function findings(): string[] {
  return readdirSync(logs).map((name) => readFileSync(join(logs, name), 'utf8'));
}

function forget(): void {
  rmSync(logs, { recursive: true });
  mkdirSync(logs);
}

/** Runs Node; fails unless it ends with 0 and no sanitizer says anything. */
function mustBeClean(what: string, args: readonly string[], env: NodeJS.ProcessEnv): void {
  const began = performance.now();
  const { status, signal } = spawnSync(node, args, { cwd: ROOT, env, stdio: 'inherit', timeout: 3_600_000 });
  const found = findings();
  const seconds = ((performance.now() - began) / 1000).toFixed(0);
  console.log(`${wanted}: ${what}: exit code ${status ?? signal}, ${found.length} reports, ${seconds} s`);
  for (const report of found.slice(0, 5)) console.log(report.slice(0, 4000));
  if (status !== 0 || found.length > 0) process.exitCode = 1;
  forget();
}

function plantedIsFound(fault: string): void {
  const addon = join(ROOT, folder, 'planted.node');
  const source = join(ROOT, 'check/sanitize/planted.cc');
  run('g++', [...flags.split(' '), '-std=c++17', '-fPIC', '-shared', `-I${headers()}`, source, '-o', addon]);
  const options = { cwd: ROOT, env: environment(), encoding: 'utf8' } as const;
  const { status, stderr } = spawnSync(node, ['check/sanitize/planted.cjs', addon, fault], options);
  const reports = findings();
  const isNoticed = status !== 0 || reports.length > 0;
  const found = isNoticed && [stderr, ...reports].some((report) => report.includes('planted.cc'));
  console.log(`${wanted}: the planted ${fault} ${found ? 'is found' : 'IS NOT FOUND'}`);
  if (!found) process.exitCode = 1;
  forget();
}

process.send?.('building');
buildAddon(folder, flags);
if (isLinked) node = linkedNode();
for (const { faults } of sanitizers) for (const fault of faults) plantedIsFound(fault);
mustBeClean('the tour', [...TSX, 'check/sanitize/tour.ts'], environment());
// What a sanitizer watches is several times slower.
const vitest = ['node_modules/vitest/vitest.mjs', 'run', '--testTimeout=120000', ...vitestArguments];
mustBeClean('the suite', vitest, environment(names.includes('address') ? 'detect_leaks=0' : ''));
