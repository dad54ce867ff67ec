// The dead links of the documentation site: those of a page to a file or an anchor that is not there, and
// those to a file of the repository that this checkout does not have.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { repositoryUrl, root } from './links.mjs';

const HREF = /<(?:a|img|link|script)\b[^>]*?\s(?:href|src)="([^"]*)"/g;
const ID = /\sid="([^"]*)"/g;

export function deadInSite(site) {
  const files = readdirSync(site, { recursive: true }).map((name) => join(site, String(name)));
  const pages = new Map(
    files.filter((name) => name.endsWith('.html')).map((name) => [name, readFileSync(name, 'utf8')]),
  );
  const ids = new Map([...pages].map(([name, text]) => [name, new Set([...text.matchAll(ID)].map(([, id]) => id))]));
  const ours = ['blob', 'raw'].map((kind) => repositoryUrl(kind, 'main'));

  const isDead = (page, href) => {
    const [path, anchor] = decodeURIComponent(href.replaceAll('&amp;', '&')).split('#');
    const url = ours.find((each) => path.startsWith(each));
    if (url !== undefined) return !existsSync(join(root, path.slice(url.length)));
    if (/^[a-z]+:/.test(path)) return false;
    const target = path === '' ? page : join(dirname(page), path);
    if (!existsSync(target)) return true;
    return anchor !== undefined && anchor !== '' && ids.get(target)?.has(anchor) === false;
  };

  return [...pages].flatMap(([page, text]) =>
    [...new Set([...text.matchAll(HREF)].map(([, href]) => href))]
      .filter((href) => isDead(page, href))
      .map((href) => `${relative(site, page)} -> ${href}`),
  );
}
