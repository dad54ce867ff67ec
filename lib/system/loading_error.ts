// Why the addon could not be loaded, and what helps: it is not there, it may not be loaded, or the
// file that is there cannot be used.
import { existsSync } from 'node:fs';
import { isBundled, namedAddon, VARIABLE } from './addon_file.ts';
import { bare } from './arguments.ts';
import { isError } from './errors.ts';

function reasonOf(cause: unknown): [code: unknown, message: string] {
  if (!isError(cause)) return [undefined, String(cause)];
  return ['code' in cause ? cause.code : undefined, cause.message];
}

const FIND = `node -p "require('asyncore/addon').addonPath()"`;

/** What is wrong with the file that the environment names. */
function misnamed(path: string, message: string): string {
  const what = existsSync(path) ? `it cannot be loaded: ${message}` : 'there is no such file';
  return `${VARIABLE} names ${JSON.stringify(path)}, and ${what}. In a project that has asyncore installed, ${FIND} prints the file to name.`;
}

const BUNDLED =
  'this is a bundle, and the addon is not in it. Make asyncore external, so that it is loaded from node_modules; or copy ' +
  `the addon's file (${FIND} prints where it is) and set ${VARIABLE}=/path/to/asyncore.node. See docs/bundling.md.`;

/** The error for an addon that was looked for in `root`, where the loader threw `cause`. */
export function loadingError(root: string, cause: unknown): Error {
  const [code, message] = reasonOf(cause);
  const { platform, arch, version } = process;
  const here = `${platform}-${arch} (Node ${version})`;
  const build =
    `Build it there: in a checkout with "npm run build:native" (which needs Python 3, make and a C++17 ` +
    'compiler), in an installed package with "npm install --no-save cmake-js node-addon-api" and "npx cmake-js compile".';
  // What node-gyp-build says if there is no file at all.
  const isMissing = message.startsWith('No native build was found');
  const named = namedAddon();
  let text: string;
  if (named !== undefined && code !== 'ERR_DLOPEN_DISABLED') {
    text = misnamed(named, message);
  } else if (isBundled()) {
    text = BUNDLED;
  } else if (code === 'ERR_DLOPEN_DISABLED') {
    text =
      `the addon may not be loaded: ${message} Node loads no addons with --no-addons, and with its permission ` +
      'model only if there is --allow-addons, too.';
  } else if (isMissing) {
    text = `no addon for ${here}. Tried build/Release and prebuilds in ${root}. ${build}`;
  } else {
    text = `the addon in ${root} cannot be loaded on ${here}: ${message}. If it is damaged, or of another system: ${build}`;
  }
  return new Error(`asyncore: ${text}`, bare({ cause }));
}
