// The links of our Markdown pages: finding them, and turning those that lead out of what is shipped (the
// package, the site) into links to the repository.
import { readFileSync } from 'node:fs';
import { posix, resolve } from 'node:path';

export const root = resolve(import.meta.dirname, '..');

const LINK = /(\]\(|<(?:img|a)\b[^>]*?\b(?:src|href)=")([^)"\s]+)/g;
const FENCE = /^```.*?^```$/gms;

/** The text with every link outside of code passed through `change`. */
function changeLinks(text, change) {
  const code = [...text.matchAll(FENCE)].map(({ index, 0: { length } }) => [index, index + length]);
  return text.replace(LINK, (all, before, target, offset) => {
    const isCode = code.some(([from, to]) => offset >= from && offset < to);
    return isCode ? all : before + change(target);
  });
}

/** All links of `text` outside of code. */
export function linksOf(text) {
  const links = [];
  changeLinks(text, (target) => {
    links.push(target);
    return target;
  });
  return links;
}

/** The path from the root that `target` on `page` leads to, and its anchor; empty if it leads elsewhere. */
export function pathOf(page, target) {
  if (/^[a-z]+:/.test(target)) return [];
  const [path, anchor] = target.split('#');
  return [path === '' ? page : posix.join(posix.dirname(page), path), anchor];
}

/** What links to a file of the repository at `revision` begin with. */
export function repositoryUrl(kind, revision) {
  const { repository } = JSON.parse(readFileSync(resolve(root, 'package.json'), 'utf8'));
  return `${repository.url.replace(/^git\+|\.git$/g, '')}/${kind}/${revision}/`;
}

/** The page as it is shipped: links to what `isShipped` denies lead to the repository at `revision`. */
export function shippedPage(page, isShipped, revision) {
  return changeLinks(readFileSync(resolve(root, page), 'utf8'), (target) => {
    const [path, anchor] = pathOf(page, target);
    if (path === undefined || isShipped(path)) return target;
    const url = repositoryUrl(path.endsWith('.svg') ? 'raw' : 'blob', revision);
    return `${url}${path}${anchor === undefined ? '' : `#${anchor}`}`;
  });
}
