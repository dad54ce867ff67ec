// The addon under test: built with other flags than the shipped one's, or a copy of the shipped one
// that no build in the meantime can change. Either way in a folder that the loader takes instead of
// build/ when ASYNCORE_PREBUILD names it.
import { type SpawnSyncOptionsWithStringEncoding, spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism, tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { ROOT } from '../test/support/child.ts';

/** A folder that goes when this process ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'asyncore-check-'));
  process.once('exit', () => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Runs a program to its end: what it printed. */
export function run(command: string, args: readonly string[]): string {
  const options: SpawnSyncOptionsWithStringEncoding = { cwd: ROOT, encoding: 'utf8' };
  const { status, stdout, stderr, error } = spawnSync(command, args, options);
  if (error) throw new Error(`${command} could not be run (${error.message}); is it installed?`);
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} failed (${status})\n${stdout}\n${stderr}`);
  return stdout.trim();
}

/** Where the headers of Node-API are. */
export function headers(): string {
  const require = createRequire(join(ROOT, 'package.json'));
  return join(dirname(require.resolve('node-api-headers')), 'include');
}

/** Builds into `<folder>/build/Release`: the folder, as ASYNCORE_PREBUILD wants it. */
export function buildAddon(folder: string, flags: string, compiler = 'g++'): string {
  const build = join(ROOT, folder, 'build');
  const settings = {
    CMAKE_BUILD_TYPE: 'None',
    CMAKE_CXX_COMPILER: compiler,
    CMAKE_CXX_FLAGS: flags,
    CMAKE_SHARED_LINKER_FLAGS: flags,
    CMAKE_JS_INC: headers(),
    CMAKE_LIBRARY_OUTPUT_DIRECTORY: join(build, 'Release'),
  };
  run('cmake', ['-S', ROOT, '-B', build, ...Object.entries(settings).map(([name, value]) => `-D${name}=${value}`)]);
  run('cmake', ['--build', build, '--target', 'asyncore', '-j', String(availableParallelism())]);
  return join(ROOT, folder);
}

/** Copies the addon that the loader would take now to a folder, as ASYNCORE_PREBUILD wants it. */
export function copyAddon(): string {
  const folder = temporaryFolder();
  const addon = 'build/Release/asyncore.node';
  mkdirSync(join(folder, dirname(addon)), { recursive: true });
  copyFileSync(join(resolve(ROOT, process.env['ASYNCORE_PREBUILD'] ?? ''), addon), join(folder, addon));
  return folder;
}
