// Checks the package as it would be published: its contents, the addons in it, its size, that its exports
// and types resolve for every kind of consumer, and that it works for a newcomer. `--all` wants every addon;
// otherwise this machine's, if it was not built for release, is the one of the checkout.
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const folder = mkdtempSync(join(tmpdir(), 'asyncore-package-'));
const stage = join(folder, 'stage');
const run = (command, args, cwd = root) =>
  execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
const tool = (name) => join(root, 'node_modules/.bin', name);
/** The npm that runs this, or the one that comes with this Node. */
const npm = process.env.npm_execpath ?? join(dirname(process.execPath), '../lib/node_modules/npm/bin/npm-cli.js');

const PREBUILDS = [
  'linux-x64/asyncore.glibc.node',
  'linux-x64/asyncore.musl.node',
  'linux-arm64/asyncore.glibc.node',
  'linux-arm64/asyncore.musl.node',
  'darwin-x64/asyncore.node',
  'darwin-arm64/asyncore.node',
];
const NEWEST_GLIBC = 28;
const MOST_BYTES = 1_000_000;

function pack(from, ...args) {
  const [result] = JSON.parse(
    run(process.execPath, [npm, 'pack', '--json', '--ignore-scripts', '--silent', ...args], from),
  );
  return { names: result.files.map(({ path }) => path), bytes: result.size, tarball: join(folder, result.filename) };
}

/** What musl has since 1.2.5 alone, so that Alpine 3.19 and older would not load it; it has no versions. */
const NEW_IN_MUSL = /\0(preadv2|pwritev2|statx)(?=\0)/g;

/** What `file` needs of the system that not every system has; empty if nothing. */
function tooNew(name) {
  const text = readFileSync(join(root, 'prebuilds', name), 'latin1');
  if (name.includes('.musl.')) {
    const symbols = [...text.matchAll(NEW_IN_MUSL)].map(([, symbol]) => symbol);
    if (symbols.length > 0) return symbols;
  }
  const versions = [...text.matchAll(/\b(GLIBC|GLIBCXX|CXXABI)_(PRIVATE|(?:\d+\.)*\d+)/g)];
  return versions
    .filter(([, of, version]) => {
      const [major, minor] = version.split('.').map(Number);
      return name.includes('.musl.') || of !== 'GLIBC' || !(major === 2 && minor <= NEWEST_GLIBC);
    })
    .map(([symbol]) => symbol);
}

function checkPrebuilds() {
  const there = existsSync(join(root, 'prebuilds'))
    ? readdirSync(join(root, 'prebuilds'), { recursive: true }).filter((name) => name.endsWith('.node'))
    : [];
  const missing = PREBUILDS.filter((name) => !there.includes(name));
  const unwanted = there.filter((name) => !PREBUILDS.includes(name));
  if (unwanted.length > 0) throw new Error(`prebuilds: nothing would load ${unwanted}; npm run prebuilds`);
  for (const name of there) {
    const symbols = tooNew(name);
    if (symbols.length > 0) throw new Error(`prebuilds/${name} needs ${[...new Set(symbols)].join(', ')}`);
  }
  console.log(
    `prebuilds: [${there.join(' ')}] need at most GLIBC_2.${NEWEST_GLIBC} and no C++ library` +
      (missing.length > 0 ? `; not built: [${missing.join(' ')}]` : ''),
  );
  if (missing.length > 0 && process.argv.includes('--all')) throw new Error('prebuilds: npm run prebuilds');
}

/** A copy of what would be packed; with the checkout's own addon, if there is no other for this machine. */
function fillStage(names) {
  for (const name of names) cpSync(join(root, name), join(stage, name));
  const here = `${process.platform}-${process.arch}`;
  const prebuild = PREBUILDS.find((name) => name.startsWith(`${here}/`)) ?? `${here}/asyncore.node`;
  if (names.includes(`prebuilds/${prebuild}`)) return;
  cpSync(join(root, 'build/Release/asyncore.node'), join(stage, 'prebuilds', prebuild));
}

function checkContents(names) {
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
}

try {
  const { names } = pack(root, '--dry-run');
  checkContents(names);
  checkPrebuilds();
  fillStage(names);
  const { tarball, bytes } = pack(stage, '--pack-destination', folder);
  if (bytes > MOST_BYTES) throw new Error(`npm pack: ${bytes} bytes, more than ${MOST_BYTES}`);
  process.stdout.write(run(tool('publint'), [stage, '--strict', '--pack', 'false']));
  process.stdout.write(run(tool('attw'), [tarball, '--profile', 'esm-only']));
  // Its one dependency is given too, so that the registry need not be asked.
  const loader = pack(join(root, 'node_modules/node-gyp-build'), '--pack-destination', folder).tarball;
  process.stdout.write(run(process.execPath, [join(root, 'scripts/first_run.mjs'), npm, tarball, loader, '--offline']));
  console.log(`package: ${names.length} files, ${bytes} bytes; exports and types resolve`);
  const keep = process.argv.find((argument) => argument.startsWith('--keep='));
  if (keep !== undefined) cpSync(tarball, keep.slice('--keep='.length));
} finally {
  rmSync(folder, { recursive: true });
}
