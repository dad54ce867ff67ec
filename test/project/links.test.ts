// No link is dead: neither in the checkout, where every file and heading that a page links to is there,
// nor in the package, whose pages lead to what is packed or to a file of the repository.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { linksOf, pathOf, repositoryUrl, shippedPage } from '../../scripts/links.mjs';
import { packedFiles, tag } from '../../scripts/pack_pages.mjs';

const ROOT = resolve(import.meta.dirname, '../..');
const textOf = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const PAGES = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.md'], {
  cwd: ROOT,
  encoding: 'utf8',
})
  .split('\n')
  .filter((name) => name !== '' && existsSync(join(ROOT, name)));

/** What the headings of a page are called in links. */
function anchorsOf(page: string): string[] {
  const text = textOf(page).replace(/^```.*?^```$/gms, '');
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );
}

describe('in the checkout', () => {
  test.each(PAGES)('the links of %s lead to what is there', (page) => {
    const dead = linksOf(textOf(page)).filter((link) => {
      const [path, anchor] = pathOf(page, link);
      if (path === undefined) return false;
      if (!existsSync(join(ROOT, path))) return true;
      return anchor !== undefined && path.endsWith('.md') && !anchorsOf(path).includes(anchor);
    });
    expect(dead).toEqual([]);
  });
});

test('in the package, links lead to what is packed or into the repository', () => {
  const files = packedFiles();
  const pages = [...files].filter((name) => name.endsWith('.md'));
  expect(pages.length).toBeGreaterThan(10);
  const urls = ['blob', 'raw'].map((kind) => repositoryUrl(kind, tag()));
  let ours = 0;
  const isDead = (page: string, link: string): boolean => {
    const [path] = pathOf(page, link);
    if (path !== undefined) return !files.has(path);
    const url = urls.find((each) => link.startsWith(each));
    if (url === undefined) return false;
    ours++;
    return !existsSync(join(ROOT, link.slice(url.length).replace(/#.*/, '')));
  };
  const dead = pages.flatMap((page) =>
    linksOf(shippedPage(page, (path) => files.has(path), tag()))
      .filter((link) => isDead(page, link))
      .map((link) => `${page} -> ${link}`),
  );
  expect(dead).toEqual([]);
  expect(ours).toBeGreaterThan(50);
});
