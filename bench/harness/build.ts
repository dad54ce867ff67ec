// Makes sure that what is measured exists and is up to date: the compiled library, the programs in
// C, and the measured programs as plain JavaScript (a loader that transforms them at run time would
// be measured too).
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';
import { root } from '../paths.ts';
import type { Places } from '../plan/arms.ts';
import { findPython } from './machine.ts';

const benchFolder = join(root, 'bench');
const binaries = join(root, 'build', 'Release', 'bench');
// Not in build/, which node-gyp clears.
const programs = join(root, 'build-bench', 'programs');

function newest(folder: string): number {
  const times = readdirSync(folder, { recursive: true, encoding: 'utf8' }).map(
    (name) => statSync(join(folder, name)).mtimeMs,
  );
  return Math.max(0, ...times);
}

function isOlder(product: string, sources: string): boolean {
  return !existsSync(product) || statSync(product).mtimeMs < newest(sources);
}

function run(...command: string[]): void {
  const [file = '', ...options] = command;
  execFileSync(file, options, { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
}

function buildNative(): void {
  const addon = join(root, 'build', 'Release', 'asyncore.node');
  const generator = join(binaries, 'load-generator');
  if (!isOlder(addon, join(root, 'native')) && !isOlder(generator, join(benchFolder, 'native'))) return;
  console.log('Building the addon and the benchmark programs in C ...');
  run(process.execPath, join('scripts', 'build_native.mjs'), '--bench', '--loglevel=error');
}

function buildLibrary(): void {
  if (!isOlder(join(root, 'dist', 'index.js'), join(root, 'lib'))) return;
  console.log('Compiling the library ...');
  run(process.execPath, join('node_modules', 'typescript', 'bin', 'tsc'), '-p', 'tsconfig.build.json');
}

/** Renamed into place, and only if it differs: another run may be starting these very programs. */
function replaceFile(path: string, text: string): void {
  if (existsSync(path) && readFileSync(path, 'utf8') === text) return;
  const fresh = `${path}.${process.pid}`;
  writeFileSync(fresh, text);
  renameSync(fresh, path);
}

function buildPrograms(): void {
  const sources = join(benchFolder, 'programs');
  mkdirSync(programs, { recursive: true });
  for (const name of readdirSync(sources).filter((file) => file.endsWith('.ts'))) {
    const { outputText } = ts.transpileModule(readFileSync(join(sources, name), 'utf8'), {
      compilerOptions: {
        target: ts.ScriptTarget.ES2022,
        module: ts.ModuleKind.ESNext,
        verbatimModuleSyntax: true,
        rewriteRelativeImportExtensions: true,
      },
    });
    replaceFile(join(programs, name.replace(/\.ts$/, '.js')), outputText);
  }
}

/** Builds what is missing or older than its sources. */
export function prepare(build: boolean): Places {
  if (process.platform !== 'linux')
    throw new Error('The benchmark needs Linux: it reads /proc and pins processes to cores');
  if (build) {
    buildNative();
    buildLibrary();
  }
  buildPrograms();
  return { programs, binaries, pythonArms: join(benchFolder, 'programs', 'python_arms.py'), python: findPython() };
}
