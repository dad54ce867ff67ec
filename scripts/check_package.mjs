// Checks the package as it would be published: its contents, and that its exports and types resolve
// for every kind of consumer.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const folder = mkdtempSync(join(tmpdir(), 'asyncore-package-'));
const run = (command, args) =>
  execFileSync(command, args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
const tool = (name) => join(root, 'node_modules/.bin', name);

try {
  const [{ files, filename }] = JSON.parse(
    run('npm', ['pack', '--json', '--ignore-scripts', '--silent', '--pack-destination', folder]),
  );
  const names = files.map(({ path }) => path);
  const wanted = [
    'README.md',
    'LICENSE',
    'CMakeLists.txt',
    'native/addon.cc',
    'dist/index.js',
    'dist/index.d.ts',
    'dist/command/bin/asyncore.js',
  ];
  const missing = wanted.filter((name) => !names.includes(name));
  // If binding.gyp were included, npm would run node-gyp on install, and fail where that is not allowed.
  const unwanted = names.filter((name) => name === 'binding.gyp' || /^(lib|test|bench|examples|build)\//.test(name));
  if (missing.length > 0 || unwanted.length > 0) {
    throw new Error(`npm pack: missing [${missing.join(', ')}], unwanted [${unwanted.join(', ')}]`);
  }
  process.stdout.write(run(tool('publint'), ['--strict', '--pack', 'false']));
  process.stdout.write(run(tool('attw'), [join(folder, filename), '--profile', 'esm-only']));
  console.log(`package: ${names.length} files; exports and types resolve`);
} finally {
  rmSync(folder, { recursive: true });
}
