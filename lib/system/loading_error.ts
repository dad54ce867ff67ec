// Why the addon could not be loaded, each cause in a sentence of its own, and what helps: in a checkout
// to build it, in an installed package to install it again or to compile it in the user's project.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { isBundled, namedAddon, VARIABLE } from './addon_file.ts';
import { bare } from './arguments.ts';
import { CodedError, isError } from './errors.ts';

/** The first line of Node that the library can be imported in. */
const OLDEST = 20;

/** Throws where even a good addon would not help. */
export function refuseOldNode(version: string = process.versions.node): void {
  if (Number.parseInt(version, 10) >= OLDEST) return;
  throw new Error(
    `asyncore: Node ${version} is too old; install Node ${OLDEST}.19, 22.12 or newer (package.json, "engines").`,
  );
}

/** What every call throws on a system that the addon cannot exist on. */
export function unsupported(): Error {
  return new CodedError(
    'ENOTSUP',
    'asyncore: ENOTSUP: Windows can poll() nothing but sockets, so there is no addon for it; run this on Linux, ' +
      'macOS or in WSL (the Windows Subsystem for Linux).',
  );
}

interface Reason {
  readonly code?: unknown;
  /** What may not be read, in an error of Node's permission model. */
  readonly resource?: unknown;
  readonly message: string;
}

function reasonOf(cause: unknown): Reason {
  return isError(cause) ? cause : { message: String(cause) };
}

/** Whether the C library is not glibc; only Linux has a choice. */
function isMusl(): boolean {
  if (process.platform !== 'linux') return false;
  const { header }: { header?: object } = Object(process.report?.getReport());
  return header !== undefined && !('glibcVersionRuntime' in header);
}

/** Whether the loader took the file for glibc, which its `message` names, and there is one for musl, too. */
function tookGlibcs(root: string, message: string): boolean {
  const folder = join(root, 'prebuilds', `${process.platform}-${process.arch}`);
  return (
    message.includes('.glibc.') && existsSync(folder) && readdirSync(folder).some((name) => name.includes('.musl.'))
  );
}

function howToBuild(root: string): string {
  // Only a checkout has it.
  if (existsSync(join(root, 'binding.gyp'))) {
    return 'Build it with "npm run build:native", which needs Python 3, make and a C++17 compiler.';
  }
  return (
    'Compile it in your project, with CMake, make and a C++17 compiler installed: ' +
    '"npm i -D cmake-js node-addon-api && npx cmake-js compile -d node_modules/asyncore".'
  );
}

const FIND = `node -p "require('asyncore/addon').addonPath()"`;

/** What is wrong with the file that the environment names. */
function misnamed(path: string, { code, message }: Reason): string {
  const what = code === 'MODULE_NOT_FOUND' ? 'there is no such file' : `it cannot be loaded: ${message}`;
  return `${VARIABLE} names ${JSON.stringify(path)}, and ${what}. In a project that has asyncore installed, ${FIND} prints the file to name.`;
}

const BUNDLED =
  'this is a bundle, and the addon is not in it. Make asyncore external, so that it is loaded from node_modules; or copy ' +
  `the addon's file (${FIND} prints where it is) and set ${VARIABLE}=/path/to/asyncore.node. See docs/bundling.md.`;

/** The error for an addon that was looked for in `root`, where the loader threw `cause`. */
export function loadingError(root: string, cause: unknown): Error {
  return new Error(`asyncore: ${textOf(root, reasonOf(cause))}`, bare({ cause }));
}

function textOf(root: string, reason: Reason): string {
  const { code, resource, message } = reason;
  // First of all: where this is so, not even the files that tell the other causes apart may be looked for.
  if (code === 'ERR_ACCESS_DENIED') {
    return (
      `the addon may not be loaded: Node's permission model forbids to read ${resource}. It must have --allow-addons, ` +
      `--allow-fs-read for the package, for node-gyp-build and for ${resource}.`
    );
  }
  const here = `${process.platform}-${process.arch}`;
  const named = namedAddon();
  if (named !== undefined && code !== 'ERR_DLOPEN_DISABLED') return misnamed(named, reason);
  if (isBundled()) return BUNDLED;
  if (code === 'ERR_DLOPEN_DISABLED') {
    return (
      `the addon may not be loaded: ${message} Node loads no addons with --no-addons, and with its permission ` +
      'model only if there is --allow-addons, too.'
    );
  }
  // What node-gyp-build says if there is no file at all.
  if (message.startsWith('No native build was found')) {
    const libc = /\blibc=musl\b/.test(message) ? ' with musl (Alpine)' : '';
    return (
      `there is no addon for ${here}${libc}, Node ${process.version}. Tried build/Release and prebuilds in ${root}. ` +
      howToBuild(root)
    );
  }
  // The dynamic linker's: glibc, libstdc++ or the C++ ABI is older than what the addon was linked against.
  if (/version `?\w+_[\d.]+'? not found/.test(message)) {
    return `${message}. The addon is for a newer system than this one. ${howToBuild(root)}`;
  }
  if (isMusl() && tookGlibcs(root, message)) {
    return `${message}. This system has musl, which was not recognized; set the environment variable LIBC=musl.`;
  }
  if (isDamaged(message)) {
    return `the addon in ${root} is damaged, or for another system than ${here}: ${message}. Install it again ("npm ci"). ${howToBuild(root)}`;
  }
  return `the addon in ${root} cannot be loaded on ${here}: ${message}. ${howToBuild(root)}`;
}

/** What the dynamic linkers of glibc, musl and macOS say of a file that is none of theirs, or cut off. */
function isDamaged(message: string): boolean {
  return /file too short|invalid ELF|wrong ELF|ELF file|Exec format|not a mach-o|slice is not valid|incompatible architecture|truncated|self-register|cannot read file data/i.test(
    message,
  );
}
