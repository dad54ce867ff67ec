// Before the package is packed, links of its pages that lead out of it are turned into links to the
// repository, at the tag of this version; --restore puts the pages back afterwards.
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { root, shippedPage } from './links.mjs';

const originals = join(root, 'build-pages');

/** The files of the package. */
export function packedFiles() {
  const args = ['pack', '--dry-run', '--json', '--ignore-scripts', '--silent'];
  const [{ files }] = JSON.parse(execFileSync('npm', args, { cwd: root, encoding: 'utf8' }));
  return new Set(files.map(({ path }) => path));
}

/** The tag of this version. */
export function tag() {
  return `v${JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version}`;
}

function restore() {
  if (existsSync(originals)) cpSync(originals, root, { recursive: true });
  rmSync(originals, { recursive: true, force: true });
}

if (process.argv[1] === import.meta.filename) {
  // Packing may have been interrupted, and what is there is what it left.
  restore();
  if (!process.argv.includes('--restore')) {
    const files = packedFiles();
    for (const page of [...files].filter((name) => name.endsWith('.md'))) {
      const text = shippedPage(page, (path) => files.has(path), tag());
      mkdirSync(dirname(join(originals, page)), { recursive: true });
      cpSync(join(root, page), join(originals, page));
      writeFileSync(join(root, page), text);
    }
  }
}
