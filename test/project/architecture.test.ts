// docs/architecture.md says what is so: the files that it and its pictures name exist, every picture
// is shown, and the internals that it lists are those of the code. That each picture is what its text
// says is checked by the lint step.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, extname, join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../..');
const PICTURES = join(ROOT, 'docs/pictures');
const page = readFileSync(join(ROOT, 'docs/architecture.md'), 'utf8');
const pictures = readdirSync(PICTURES);
const texts = pictures
  .filter((name) => extname(name) === '.dot')
  .map((name) => readFileSync(join(PICTURES, name), 'utf8').replaceAll('\\n', ' '));

const sources = ['lib', 'native', 'test'].flatMap((folder) =>
  readdirSync(join(ROOT, folder), { encoding: 'utf8', recursive: true }).map((name) => join(folder, name)),
);
const all = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map(([, name = '']) => name);

test('the files that the page and the pictures name exist', () => {
  const names = [page, ...texts].flatMap((text) => all(text, /((?:\w+\/)*\w+(?:\.test)?\.(?:ts|cc|h))\b/g));
  expect(new Set(names).size).toBeGreaterThan(30);
  const known = (name: string) => sources.some((source) => source === name || source.endsWith(`/${name}`));
  expect(names.filter((name) => !known(name))).toEqual([]);
});

test('every picture is shown, once, and drawn from a text', () => {
  // One is for users, on a page of its own.
  const passes = readFileSync(join(ROOT, 'docs/passes.md'), 'utf8');
  const shown = [page, passes].flatMap((text) => all(text, /!\[[^\]]+\]\(pictures\/(\w+)\.svg\)/g)).sort();
  const named = (extension: string) =>
    pictures.filter((name) => extname(name) === extension).map((name) => basename(name, extension));
  expect(shown.length).toBeGreaterThan(5);
  expect(named('.svg').sort()).toEqual(shown);
  expect(named('.dot').sort()).toEqual(shown);
});

test('every link leads somewhere', () => {
  const links = all(page, /\]\((?!https?:)([^)#]+)/g);
  expect(links.length).toBeGreaterThan(pictures.length / 2);
  expect(links.filter((link) => !existsSync(join(ROOT, 'docs', link)))).toEqual([]);
});

describe('the internals across files', () => {
  const lib = new Map(
    sources.filter((name) => /^lib\/.*\.ts$/.test(name)).map((name) => [name, readFileSync(join(ROOT, name), 'utf8')]),
  );
  const code = [...lib.values()].join('\n');
  const rows = all(page, /^(\| `.*\|)$/gm).map((row) => row.split(' | ').map((cell) => all(cell, /`([\w.]+)`/g)));
  const [symbols = [], friends = []] = rows;

  test('are these symbols', () => {
    expect(symbols[0]).toEqual(all(code, /^export const (\w+) = Symbol\(/gm));
    expect(all(code, /\bSymbol(?:\.for)?(\()/g)).toHaveLength(symbols[0]?.length ?? 0);
  });

  test('are these functions of static blocks', () => {
    const blocks = all(code, /^ {2}static \{\n([\s\S]*?)^ {2}\}/gm);
    expect(friends[0]).toEqual(blocks.flatMap((block) => all(block, /^ {4}(\w+) = /gm)));
  });

  test('are defined and used where the page says', () => {
    expect(rows).toHaveLength(2);
    for (const [names = [], [definer = ''] = [], , users = []] of rows) {
      const importers = [...lib].filter(([, text]) =>
        all(text, new RegExp(`^import \\{([^}]*)\\} from '[./\\w]*/${definer.replace('.', '\\.')}';`, 'gm')).some(
          (list) => names.some((name) => new RegExp(`\\b${name}\\b`).test(list)),
        ),
      );
      expect(importers.map(([name]) => basename(name)).sort()).toEqual([...users].sort());
    }
  });
});
