// npm run check mutations [-- --only text]: takes every listed defence out of a copy of the checkout, one
// at a time, and sees its test fail. A defence that no test misses is either not tested or not needed.
// Of the addon, only what a defence is part of is compiled again.
import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../../test/support/child.ts';
import { run, temporaryFolder } from '../addon.ts';
import { readOptions } from '../options.ts';
import { DEFENCES, type Defence } from './defences.ts';

const { values } = readOptions({ options: { only: { type: 'string', default: '' } } });
const { only } = values;
const chosen = DEFENCES.filter(({ what, file, test }) => [what, file, test].some((text) => text.includes(only)));

/** A copy of what git knows, with the addon as it was built and the packages that are installed. */
function copyCheckout(): string {
  const folder = temporaryFolder();
  for (const name of run('git', ['ls-files']).split('\n')) {
    if (existsSync(join(ROOT, name))) cpSync(join(ROOT, name), join(folder, name), { preserveTimestamps: true });
  }
  for (const name of ['build', 'dist']) {
    cpSync(join(ROOT, name), join(folder, name), { recursive: true, preserveTimestamps: true });
  }
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  return folder;
}

const copy = copyCheckout();
const tool = (name: string) => join(ROOT, 'node_modules', '.bin', name);

/** Compiles what has changed. */
function build(): boolean {
  const { status } = spawnSync('make', ['-C', 'build', 'BUILDTYPE=Release'], { cwd: copy, stdio: 'ignore' });
  return status === 0;
}

/** Whether the tests of these files pass; of those with a title, only they. */
function passes(tests: readonly string[], title?: string): boolean {
  const args = ['run', ...tests, ...(title === undefined ? [] : ['--testNamePattern', literal(title)])];
  const { status } = spawnSync(tool('vitest'), args, { cwd: copy, stdio: 'ignore', timeout: 600_000 });
  return status === 0;
}

/** A text as a pattern. */
function literal(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}

/** What is wrong with a defence: nothing, if its test misses it. */
function tryOut({ file, find, replace, test, title }: Defence): string | undefined {
  const path = join(copy, file);
  const source = readFileSync(path, 'utf8');
  if (!existsSync(join(copy, test))) return 'has a test that is not there';
  if (source.split(find).length !== 2) return 'is not where the list says';
  writeFileSync(
    path,
    source.replace(find, () => replace),
  );
  try {
    if (file.startsWith('native/') && !build()) return 'cannot be taken out: the rest does not compile';
    return passes([test], title) ? `is not missed by ${test}` : undefined;
  } finally {
    writeFileSync(path, source);
  }
}

const natives = chosen.filter(({ file }) => file.startsWith('native/'));
const others = chosen.filter(({ file }) => !file.startsWith('native/'));
let failures = 0;
let done = 0;

function report(defence: Defence, trouble: string | undefined): void {
  if (trouble === undefined) return;
  failures++;
  console.log(`${defence.file}: ${defence.what}: ${trouble}`);
}

const tests = [...new Set(chosen.map(({ test }) => test))];
process.send?.('the tests as they are');
if (!passes(tests)) {
  failures++;
  console.log('tests fail with every defence in place');
}
// Those of TypeScript first: the addon is still the one that was copied.
for (const defence of [...others, ...natives]) {
  process.send?.(`${++done} of ${chosen.length}: ${defence.what}`);
  report(defence, tryOut(defence));
}
console.log(`mutations: ${chosen.length} defences taken out, ${failures} not missed`);
process.exitCode = failures === 0 ? 0 : 1;
