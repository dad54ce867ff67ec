// npm run check fuzz [-- --seconds n]: runs libFuzzer, with ASan and UBSan, for so many seconds (20) on
// each part of the core that takes bytes or numbers from outside: addresses, handles, and the
// entries of a wait. A crash leaves its input in the folder that is named.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ROOT } from '../../test/support/child.ts';
import { run } from '../addon.ts';
import { readNumbers } from '../options.ts';

/** Each fuzzer with the sources that it tests. */
const FUZZERS: Readonly<Record<string, readonly string[]>> = {
  addresses: ['descriptors/address.cc'],
  handles: [],
  waits: ['reactor/poll.cc', 'reactor/select.cc', 'reactor/clock.cc'],
};
const COMPILERS = ['clang++', 'clang++-14', 'clang++-16', 'clang++-18'];

const { seconds } = readNumbers({ seconds: 20 });
const compiler = COMPILERS.find((name) => !spawnSync(name, ['--version']).error);
if (compiler === undefined) {
  console.error('fuzz: needs clang with its fuzzer (apt-get install clang libclang-rt-14-dev).');
  process.exit(1);
}

const folder = mkdtempSync(join(tmpdir(), 'asyncore-fuzz-'));
let failures = 0;

function build(name: string, sources: readonly string[]): string {
  const program = join(folder, name);
  const files = [join(import.meta.dirname, `${name}.cc`), ...sources.map((source) => join(ROOT, 'native', source))];
  const flags = [
    `-I${join(ROOT, 'native')}`,
    '-std=c++17',
    '-g',
    '-O1',
    '-fsanitize=fuzzer,address,undefined',
    '-fno-sanitize-recover=all',
  ];
  run(compiler ?? '', [...flags, ...files, '-o', program]);
  return program;
}

for (const [name, sources] of Object.entries(FUZZERS)) {
  process.send?.(name);
  const corpus = join(folder, `${name}-inputs`);
  mkdirSync(corpus);
  const args = [`-max_total_time=${seconds}`, '-max_len=400', '-print_final_stats=1', `-artifact_prefix=${folder}/`];
  const { status, stderr } = spawnSync(build(name, sources), [...args, corpus], { encoding: 'utf8' });
  const runs = /number_of_executed_units: (\d+)/.exec(stderr)?.[1] ?? '0';
  console.log(`${name}: ${runs} inputs in ${seconds} s, ${readdirSync(corpus).length} kept, exit code ${status}`);
  if (status === 0) continue;
  failures++;
  console.log(stderr.slice(-6000));
}
if (failures === 0) rmSync(folder, { recursive: true });
console.log(`fuzz: ${failures} failures${failures === 0 ? '' : `; inputs in ${folder}`}`);
process.exitCode = failures > 0 ? 1 : 0;
