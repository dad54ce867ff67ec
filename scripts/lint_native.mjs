// Checks the formatting of the C and C++ sources with the clang-format that package.json pins; --write
// fixes it.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const tool = join(dirname(createRequire(import.meta.url).resolve('clang-format-node')), 'cli.js');
const files = ['native', 'check', 'bench'].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true })
    .filter((name) => /\.(cc|c|h)$/.test(String(name)))
    .map((name) => join(folder, String(name))),
);
const mode = process.argv.includes('--write') ? ['-i'] : ['--dry-run', '--Werror'];
const { status, error } = spawnSync(process.execPath, [tool, ...mode, ...files], { cwd: root, stdio: 'inherit' });
if (error) throw error;
process.exit(status ?? 1);
