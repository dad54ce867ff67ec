// Builds the addon with other flags than the shipped one's, into a folder of its own that the
// loader takes instead of build/ when ASYNCORE_PREBUILD names it.
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { dirname, join, resolve } from 'node:path';

export const root = resolve(import.meta.dirname, '..');

export function run(command, args, options = {}) {
  const result = spawnSync(command, args, {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    ...options,
  });
  if (result.error) throw new Error(`${command} could not be run (${result.error.code}); is it installed?`);
  if (result.status !== 0) {
    throw new Error(`${command} ${args.join(' ')} failed (${result.status})\n${result.stdout}\n${result.stderr}`);
  }
  return result.stdout.trim();
}

/** Where the headers of Node-API and its C++ wrapper are. */
export function headers() {
  const require = createRequire(join(root, 'package.json'));
  return [
    join(dirname(require.resolve('node-api-headers')), 'include'),
    join(dirname(require.resolve('node-addon-api/package.json'))),
  ];
}

/** Builds into `<folder>/build/Release`: the folder, as ASYNCORE_PREBUILD wants it. */
export function buildAddon(folder, flags, compiler = 'g++') {
  const build = join(root, folder, 'build');
  run('cmake', [
    '-S',
    root,
    '-B',
    build,
    '-DCMAKE_BUILD_TYPE=None',
    `-DCMAKE_CXX_COMPILER=${compiler}`,
    `-DCMAKE_CXX_FLAGS=${flags}`,
    `-DCMAKE_SHARED_LINKER_FLAGS=${flags}`,
    `-DCMAKE_JS_INC=${headers()[0]}`,
    `-DCMAKE_LIBRARY_OUTPUT_DIRECTORY=${join(build, 'Release')}`,
  ]);
  run('cmake', ['--build', build, '--target', 'asyncore', '-j', String(availableParallelism())]);
  return folder;
}
