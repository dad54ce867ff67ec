// npm run check mutations [-- --only text]: takes every listed defence out of a copy of the checkout, one
// at a time, and sees its test fail. A defence that no test misses is either not tested or not needed.
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
    if (existsSync(join(ROOT, name))) cpSync(join(ROOT, name), join(folder, name));
  }
  for (const name of ['build', 'dist']) cpSync(join(ROOT, name), join(folder, name), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  return folder;
}

const copy = copyCheckout();
const tool = (name: string) => join(ROOT, 'node_modules', '.bin', name);

function build(): boolean {
  const { status } = spawnSync(process.execPath, ['scripts/build_native.mjs'], { cwd: copy, stdio: 'ignore' });
  return status === 0;
}

/** Whether the tests of a file pass. */
function passes(test: string): boolean {
  const { status } = spawnSync(tool('vitest'), ['run', test], { cwd: copy, stdio: 'ignore', timeout: 300_000 });
  return status === 0;
}

/** What is wrong with a defence: nothing, if its test misses it. */
function tryOut({ file, find, replace, test }: Defence): string | undefined {
  const path = join(copy, file);
  const source = readFileSync(path, 'utf8');
  if (source.split(find).length !== 2) return 'is not where the list says';
  writeFileSync(
    path,
    source.replace(find, () => replace),
  );
  try {
    if (file.startsWith('native/') && !build()) return 'cannot be taken out: the rest does not compile';
    return passes(test) ? `is not missed by ${test}` : undefined;
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

for (const test of new Set(chosen.map((defence) => defence.test))) {
  process.send?.(`${test} as it is`);
  if (passes(test)) continue;
  failures++;
  console.log(`${test} fails with every defence in place`);
}
// Those of TypeScript first: the addon is still the one that was copied.
for (const defence of [...others, ...natives]) {
  process.send?.(`${++done} of ${chosen.length}: ${defence.what}`);
  report(defence, tryOut(defence));
}
console.log(`mutations: ${chosen.length} defences taken out, ${failures} not missed`);
process.exitCode = failures === 0 ? 0 : 1;
