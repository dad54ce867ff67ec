// Checks the formatting of the C++ sources with clang-format, if it is installed; --write fixes it.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const tool = ['clang-format', 'clang-format-14'].find((name) => !spawnSync(name, ['--version']).error);
if (tool === undefined) {
  console.log('clang-format is not installed: the formatting of native/ was not checked.');
  process.exit(0);
}
const files = readdirSync(resolve(root, 'native'), { recursive: true })
  .filter((name) => /\.(cc|h)$/.test(String(name)))
  .map((name) => `native/${name}`);
const mode = process.argv.includes('--write') ? ['-i'] : ['--dry-run', '--Werror'];
process.exit(spawnSync(tool, [...mode, ...files], { cwd: root, stdio: 'inherit' }).status ?? 1);
