// Builds the addon with node-gyp against the headers that ship with the running Node, so that
// nothing is downloaded. `--bench` also builds the benchmark's programs; all other arguments go to
// node-gyp.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const nodeGyp = join(dirname(createRequire(import.meta.url).resolve('node-gyp/package.json')), 'bin/node-gyp.js');
const prefix = resolve(process.execPath, '..', '..');

const args = ['rebuild', ...process.argv.slice(2).filter((argument) => argument !== '--bench')];
// If this Node came without headers, node-gyp finds them in its own way.
if (existsSync(join(prefix, 'include/node/node_api.h'))) args.push(`--nodedir=${prefix}`);
if (process.argv.includes('--bench')) args.push('--', '-Dbench=1');

const { status, error } = spawnSync(process.execPath, [nodeGyp, ...args], {
  cwd: root,
  stdio: ['ignore', 'ignore', 'inherit'],
});
if (error) throw error;
if (status !== 0) {
  console.error('asyncore: building the addon failed. The build needs Python 3, make and a C++17 compiler.');
}
process.exit(status ?? 1);
