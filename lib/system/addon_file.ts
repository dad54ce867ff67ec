// Which file is the addon: the one that the environment names, or one of the package that this module
// belongs to. In a bundle there is no package, and so nothing here may be resolved when it is built.
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The environment variable that names the addon's file. */
export const VARIABLE = 'ASYNCORE_ADDON';

/** The file that the environment names, as an absolute path. */
export function namedAddon(): string | undefined {
  const name = process.env[VARIABLE];
  return name ? resolve(name) : undefined;
}

/** require() as a file would have it. A bundler that recognized it would resolve what it is given. */
export function requireFrom(file: string): NodeJS.Require {
  return process.getBuiltinModule('node:module').createRequire(file);
}

/** The folder of the package that this module belongs to, as far as it can tell. */
export function packageFolder(): string {
  // A bundle of CommonJS has neither, a test runner's modules may have the URL alone.
  const { dirname: folder, url }: { dirname?: string; url?: string } = import.meta;
  return resolve(folder ?? (url === undefined ? '' : dirname(fileURLToPath(url))), '../..');
}

/** Whether this module was taken out of its package. */
export function isBundled(): boolean {
  const folder = packageFolder();
  try {
    const { name }: { name?: unknown } = requireFrom(join(folder, 'package.json'))('./package.json');
    return name !== 'asyncore';
  } catch {
    return true;
  }
}

/**
 * The absolute path of the addon's file on this system, for tools that copy or embed it: what
 * ASYNCORE_ADDON names, or else what is in the package. The addon is not loaded.
 *
 * Throws an Error if the package has none for this system.
 *
 * @example
 * import { copyFileSync } from 'node:fs';
 * import { addonPath } from 'asyncore/addon';
 *
 * copyFileSync(addonPath(), 'dist/asyncore.node');
 */
export function addonPath(): string {
  const named = namedAddon();
  if (named !== undefined) return named;
  const folder = packageFolder();
  const finder: { resolve(folder: string): string } = requireFrom(join(folder, 'package.json'))('node-gyp-build');
  return finder.resolve(folder);
}
