// Node's permission model, in processes of their own: the library works with what its errors ask for, and
// each thing that is forbidden has a sentence. It is the built library that runs: tsx would need more.
import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ROOT, runCommand } from '../support/child.ts';

/** A file that is read through a channel of a loop. */
const PROGRAM = `
  import(${JSON.stringify(join(ROOT, 'dist/index.js'))}).then(async ({ FileDispatcher, loop, pipe }) => {
    const map = new Map();
    const [reader, writer] = pipe();
    const channel = new FileDispatcher(reader, map);
    channel.writable = () => false;
    channel.handleRead = () => console.log(channel.recv(10).toString()) ?? channel.close();
    writer.write('heard');
    await loop({ map, timeout: 10 });
  }).catch((error) => console.log(error.message, error.cause?.code));
`;
const MODEL = process.allowedNodeEnvironmentFlags.has('--permission') ? '--permission' : '--experimental-permission';
const ALPINE = '--allow-fs-read=/etc/alpine-release';

let folder = '';
let program = '';
beforeAll(() => {
  folder = realpathSync(mkdtempSync(join(tmpdir(), 'asyncore-')));
  program = join(folder, 'program.mjs');
  writeFileSync(program, PROGRAM);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** The folder of the addon, if that is not in the checkout. */
const { ASYNCORE_PREBUILD: elsewhere = ROOT } = process.env;
const folders = resolve(elsewhere).startsWith(ROOT) ? [ROOT] : [ROOT, elsewhere];

/** What the program prints, with the checkout, the addon and itself to be read, and what `options` allow. */
async function said(options: readonly string[], variables: NodeJS.ProcessEnv = {}): Promise<string> {
  const reads = folders.map((each) => `--allow-fs-read=${each}/`);
  const env = { ...process.env, ...variables };
  const args = [MODEL, '--no-warnings', ...reads, `--allow-fs-read=${program}`, ...options, program];
  const { stdout, stderr } = await runCommand(process.execPath, args, { env });
  expect(stderr).toBe('');
  return stdout;
}

test('with --allow-addons and what the package reads, everything works', async () => {
  expect(await said(['--allow-addons', ALPINE])).toBe('heard\n');
});

test('without --allow-addons, the error names the option', async () => {
  expect(await said([ALPINE])).toMatch(
    /^asyncore: the addon may not be loaded: .* only if there is --allow-addons, too\. ERR_DLOPEN_DISABLED\n$/,
  );
});

test('where a file may not be read that loading needs, the error names it, and does not ask to build anything', async () => {
  const text = await said(['--allow-addons']);
  expect(text).toMatch(
    /^asyncore: the addon may not be loaded: Node's permission model forbids to read \/etc\/alpine-r/,
  );
  expect(text).toContain('--allow-fs-read for the package, for node-gyp-build and for /etc/alpine-release.');
  expect(text).not.toContain('npm run');
});

test('where ASYNCORE_ADDON names a file that may not be read, the error says which', async () => {
  const text = await said(['--allow-addons', ALPINE], { ASYNCORE_ADDON: '/elsewhere/asyncore.node' });
  // Node 20 says of such a file that there is none.
  expect(text).toMatch(/^asyncore: .*(forbids to read |ASYNCORE_ADDON names ")\/elsewhere\/asyncore\.node/);
});
