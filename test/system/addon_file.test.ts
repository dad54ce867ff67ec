// Which file is loaded as the addon, and what is said where it cannot be: in a bundle, and with
// ASYNCORE_ADDON.
import { copyFileSync, cpSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { addonPath } from '../../lib/addon.ts';
import { ROOT, runCommand, TSX } from '../support/child.ts';

let folder = '';

beforeAll(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'asyncore-')));
});

afterAll(() => rmSync(folder, { recursive: true }));

/** What a process prints that imports a module, and the addons that it has loaded then. */
async function imported(file: string, named?: string) {
  const source = `
    import { readFileSync } from 'node:fs';
    await import(${JSON.stringify(file)}).catch((error) => console.log(error.message));
    console.log(String([...new Set(readFileSync('/proc/self/maps', 'utf8').match(/\\/\\S*asyncore\\S*\\.node$/gm))]));
  `;
  const env = { ...process.env, ...(named !== undefined && { ASYNCORE_ADDON: named }) };
  const args = [...TSX, '--input-type=module', '--eval', source];
  const { stdout, stderr } = await runCommand(process.execPath, args, { env });
  expect(stderr).toBe('');
  return stdout;
}

const INDEX = join(ROOT, 'lib/index.ts');

test('the file that ASYNCORE_ADDON names is loaded, and no other', async () => {
  const copy = join(folder, 'asyncore.node');
  copyFileSync(addonPath(), copy);
  expect(await imported(INDEX, copy)).toBe(`${copy}\n`);
});

test('an ASYNCORE_ADDON that is empty names nothing', async () => {
  expect(await imported(INDEX, '')).toBe(`${realpathSync(addonPath())}\n`);
});

test('where ASYNCORE_ADDON names no file, the error says so', async () => {
  const missing = join(folder, 'missing.node');
  const said = await imported(INDEX, missing);
  expect(said).toContain(`asyncore: ASYNCORE_ADDON names "${missing}", and there is no such file. `);
  expect(said).toContain(`node -p "require('asyncore/addon').addonPath()" prints the file to name.`);
});

test('where ASYNCORE_ADDON names what is no addon, the error says why', async () => {
  const text = join(folder, 'text.node');
  writeFileSync(text, 'x'.repeat(1000));
  const said = await imported(INDEX, text);
  expect(said).toMatch(
    /^asyncore: ASYNCORE_ADDON names "\/\S+text\.node", and it cannot be loaded: .*invalid ELF header/,
  );
});

test("'asyncore/addon' gives the addon's path without loading it", async () => {
  expect(addonPath()).toMatch(/^\/.*\.node$/);
  expect(await imported(join(ROOT, 'lib/addon.ts'))).toBe('\n');
});

test('taken out of the package, as in a bundle, it says what to do', async () => {
  cpSync(join(ROOT, 'lib'), join(folder, 'bundle'), { recursive: true });
  const said = await imported(join(folder, 'bundle/index.ts'));
  expect(said).toMatch(/^asyncore: this is a bundle, and the addon is not in it\. Make asyncore external, /);
  expect(said).toContain('set ASYNCORE_ADDON=/path/to/asyncore.node. See docs/bundling.md.');
});

test('taken out of the package, it takes what ASYNCORE_ADDON names', async () => {
  cpSync(join(ROOT, 'lib'), join(folder, 'bundle'), { recursive: true });
  const copy = join(folder, 'for_the_bundle_of_asyncore.node');
  copyFileSync(addonPath(), copy);
  expect(await imported(join(folder, 'bundle/index.ts'), copy)).toBe(`${copy}\n`);
});
