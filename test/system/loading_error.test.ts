// The ways in which the library cannot be loaded, each in a process of its own: what the error says is the
// true reason, in its own words, and what helps.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { loadingError } from '../../lib/system/loading_error.ts';
import { ROOT, runCommand, TSX } from '../support/child.ts';

const lib = (name: string) => JSON.stringify(new URL(`../../lib/${name}.ts`, import.meta.url).href);
const LOADING = `import(${lib('index')}).then(() => console.log('loaded'), (error) => console.log(error.message, error.cause?.code));`;
const RECOVERY = 'npm i -D cmake-js node-addon-api && npx cmake-js compile -d node_modules/asyncore';
const here = `${process.platform}-${process.arch}`;

/** Where the addon is looked for; empty at first. */
let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'asyncore-'));
});
beforeEach(() => {
  rmSync(folder, { recursive: true });
  mkdirSync(folder);
});
afterEach(() => void vi.restoreAllMocks());
afterAll(() => rmSync(folder, { recursive: true }));

function place(name: string, content: string | Buffer): string {
  const file = join(folder, name);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
  return file;
}

/** What loading says, with the addon looked for in `folder`. */
async function said(options: readonly string[] = [], variables: NodeJS.ProcessEnv = {}, code = LOADING) {
  // tsx uses what the newest Node deprecates.
  const args = ['--no-deprecation', ...options, ...TSX, '--input-type=module', '--eval', code];
  const env = { ...process.env, ASYNCORE_PREBUILD: folder, ...variables };
  const ended = await runCommand(process.execPath, args, { env }, 60);
  expect({ code: ended.code, stderr: ended.stderr }).toEqual({ code: 0, stderr: '' });
  return ended.stdout;
}

/** A module that runs first. */
const before = (code: string) => ['--import', `data:text/javascript,${encodeURIComponent(code)}`];
const pretend = (object: string, name: string, value: string) =>
  `Object.defineProperty(${object}, '${name}', { value: '${value}' });`;

test('where addons may not be loaded, the error says so', async () => {
  place('build/Release/asyncore.node', '');
  const text = await said(['--no-addons']);
  expect(text).toMatch(/^asyncore: the addon may not be loaded: Cannot load native addon .* ERR_DLOPEN_DISABLED\n$/);
  expect(text).toContain('--allow-addons');
  expect(text).not.toContain('npm run build');
});

for (const [bytes, reason] of [
  ['', /file too short/],
  ['x'.repeat(1000), /invalid ELF header/],
] as const) {
  test(`where the addon is damaged, the error says what the loader says (${bytes.length} bytes)`, async () => {
    place('build/Release/asyncore.node', bytes);
    const text = await said();
    expect(text).toMatch(
      /^asyncore: the addon in \S+ is damaged, or for another system than \S+: .* ERR_DLOPEN_FAILED\n$/,
    );
    expect(text).toMatch(reason);
    expect(text).toContain('Install it again');
    expect(text).not.toContain('no addon');
  });
}

test('without an addon, the error says which one, where, and how to build it', async () => {
  expect(await said()).toMatch(
    /^asyncore: there is no addon for \w+-\w+, Node v[\d.]+\. Tried build\/Release and prebuilds in .*npm run build:native/,
  );
});

test('with musl, an addon for glibc is none, and the error says so', async () => {
  place(`prebuilds/${here}/asyncore.glibc.node`, 'not read');
  expect(await said([], { LIBC: 'musl' })).toMatch(
    /^asyncore: there is no addon for \w+-\w+ with musl \(Alpine\), Node /,
  );
});

/** The loader of musl, of a file that was built for glibc. */
const glibcs = (place: string) =>
  new Error(`Error loading shared library ld-linux-x86-64.so.2: No such file or directory (needed by ${place})`);

test('on a musl system that was not recognized, the error says what to set', () => {
  vi.spyOn(process.report, 'getReport').mockReturnValue({ header: {} });
  place(`prebuilds/${here}/asyncore.musl.node`, 'not read');
  const file = place(`prebuilds/${here}/asyncore.glibc.node`, 'not read');
  const { message } = loadingError(folder, glibcs(file));
  expect(message).toMatch(/This system has musl, .* set the environment variable LIBC=musl\.$/);
});

test('LIBC=musl is not asked for where it would not help', () => {
  vi.spyOn(process.report, 'getReport').mockReturnValue({ header: {} });
  const file = place(`prebuilds/${here}/asyncore.glibc.node`, 'not read');
  expect(loadingError(folder, glibcs(file)).message).not.toContain('LIBC');
  const musls = place(`prebuilds/${here}/asyncore.musl.node`, 'not read');
  const damaged = new Error(`Error loading shared library ${musls}: Exec format error`);
  expect(loadingError(folder, damaged).message).toContain('is damaged');
  vi.restoreAllMocks();
  expect(loadingError(folder, glibcs(file)).message).not.toContain('LIBC');
});

test("where the system is older than the addon, the loader's words come first", async () => {
  const addon = readFileSync(join(ROOT, 'build/Release/asyncore.node'), 'latin1');
  // A version that no system has, in as many bytes.
  const wanted = /GLIBC_2\.\d\d\b/.exec(addon)?.[0] ?? '';
  expect(wanted).not.toBe('');
  const file = place('build/Release/asyncore.node', Buffer.from(addon.replaceAll(wanted, 'GLIBC_9.99'), 'latin1'));
  const text = await said();
  expect(text).toMatch(/^asyncore: \S+: version `GLIBC_9\.99' not found \(required by /);
  expect(text).toContain(`(required by ${file}). The addon is for a newer system than this one. Build it with`);
});

test('a Node that is too old is told which one is needed', async () => {
  const text = await said(before(pretend('process.versions', 'node', '18.20.8')));
  expect(text).toMatch(/^asyncore: Node 18\.20\.8 is too old; install Node 20\.19, 22\.12 or newer \(/);
});

test('on Windows the library is imported, and the first call throws ENOTSUP in one sentence', async () => {
  const code = `
    const asyncore = await import(${lib('index')});
    const sockets = await import(${lib('socket')});
    const selecting = await import(${lib('select')});
    const calls = {
      socket: () => new sockets.Socket(),
      socketpair: () => sockets.socketpair(),
      createSocket: () => new asyncore.Dispatcher().createSocket(),
      pipe: () => asyncore.pipe(),
      file: () => new asyncore.FileDispatcher(0),
      loop: () => asyncore.loop(),
      loopSync: () => asyncore.loopSync(),
      select: () => selecting.select([0], [], [], 0),
      poll() {
        const poller = new selecting.Poll();
        poller.register(0);
        return poller.pollSync(0);
      },
    };
    for (const [name, call] of Object.entries(calls)) {
      try {
        console.log(name, 'returned', await call());
      } catch (error) {
        console.log(name, error.code, error.message);
      }
    }
  `;
  const lines = (await said(before(pretend('process', 'platform', 'win32')), { TEMP: tmpdir() }, code))
    .trim()
    .split('\n');
  expect(lines.length).toBe(9);
  for (const line of lines) expect(line).toMatch(/^\w+ ENOTSUP asyncore: ENOTSUP: Windows [^.]*\.$/);
});

test('in a project that has the package installed, the errors name the command that compiles the addon there', () => {
  const missing = new Error('No native build was found for platform=sunos arch=mips libc=glibc');
  const old = new Error("/lib/libc.so.6: version `GLIBC_2.28' not found (required by /a.node)");
  for (const cause of [missing, old]) {
    const { message } = loadingError(folder, cause);
    expect(message).toContain(RECOVERY);
    expect(message).toContain('CMake');
    expect(message).not.toContain('npm run');
  }
});
