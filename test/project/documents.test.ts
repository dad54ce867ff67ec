// The documents that say what holds and the tests say the same: every row of docs/behaviour.md,
// docs/reliability.md and docs/deviations.md is there, and names tests, by file and (part of) title,
// that exist, or says why there is none.
import { existsSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { describe, expect, test } from 'vitest';

const DOCS = new URL('../../docs/', import.meta.url);

/** The rows of each document: 'M8' stands for M1 to M8. */
const BEHAVIOUR = 'M8 R10 S21 Q20 L10 D16 K20 I16 E14 H12 W9 T9 F16 C29 O26 P2';
const RELIABILITY = 'A21 B24 C11 D14 E22 F6 G19 H15 I7 J14 K11 L112';
const DEVIATIONS = '20';
const SMALLER_DEVIATIONS = 42;

function counted(counts: string, digits = 1): string[] {
  return [...counts.matchAll(/([A-Z]?)(\d+)/g)].flatMap(([, letter = '', count]) =>
    Array.from({ length: Number(count) }, (_, i) => letter + String(i + 1).padStart(digits, '0')),
  );
}

interface Row {
  readonly line: string;
  readonly cells: string[];
  /** The tests that it names: the name of the file, part of the title, and where it links to. */
  readonly tests: { name: string; title: string; file: string }[];
}

function textOf(file: string): string {
  return readFileSync(new URL(file, DOCS), 'utf8');
}

/** The rows of a document's tables whose first cell is like `first`. */
function rowsOf(document: string, first: RegExp): Row[] {
  const lines = textOf(document).split('\n');
  return lines
    .filter((line, i) => /^\| (?!---)/.test(line) && !lines[i + 1]?.startsWith('| ---'))
    .map((line) => {
      const tests = [...line.matchAll(/\[(\w+): ((?:[^\]]|\](?!\())*)\]\((\.\.\/test\/[^)]+)\)/g)];
      return {
        line,
        cells: line.slice(2, -2).split(' | '),
        tests: tests.map(([, name = '', title = '', file = '']) => ({ name, title, file })),
      };
    })
    .filter(({ cells: [cell = ''] }) => first.test(cell));
}

const titles = new Map<string, string[]>();

/** The titles in a test file: test('…', describe('…', and the string behind test.each(…)(. */
function titlesOf(file: string): string[] {
  let found = titles.get(file);
  if (found === undefined) {
    const calls = textOf(file).matchAll(/(?:\b(?:test|describe)|\))\(\s*(['"`])((?:(?!\1).)*)\1,/g);
    found = [...calls].map(([, , title = '']) => title);
    titles.set(file, found);
  }
  return found;
}

/** What a heading is called in a link. */
function anchorsOf(text: string): string[] {
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-'),
  );
}

const DOCUMENTS: [document: string, first: RegExp, columns: number, ids: string[]][] = [
  ['behaviour.md', /^[A-Z]\d\d$/, 3, counted(BEHAVIOUR, 2)],
  ['reliability.md', /^[A-L]\d+$/, 4, counted(RELIABILITY)],
  ['deviations.md', /^\d+$/, 5, counted(DEVIATIONS)],
];

describe.each(DOCUMENTS)('docs/%s', (document, first, columns, ids) => {
  const rows = rowsOf(document, first);

  test('has every row once, in order', () => {
    expect(rows.map(({ cells }) => cells[0])).toEqual(ids);
    for (const { line, cells } of rows) {
      expect(cells, line).toHaveLength(columns);
      for (const cell of cells.slice(1)) expect(cell.length, line).toBeGreaterThan(5);
    }
  });

  const all = document === 'deviations.md' ? rowsOf(document, /./) : rows;

  test('names tests that exist', () => {
    const named = all.flatMap(({ tests }) => tests);
    expect(named.length).toBeGreaterThan(ids.length);
    const missing = named.filter(
      ({ name, title, file }) =>
        basename(file) !== `${name}.test.ts` ||
        !existsSync(new URL(file, DOCS)) ||
        !titlesOf(file).some((one) => one.includes(title)),
    );
    expect(missing).toEqual([]);
  });

  test('says why where a row has no test', () => {
    for (const { line, cells, tests } of all) {
      if (tests.length > 0 || line.includes('](../check/')) continue;
      expect(cells.slice(0, -1).join(' ').length, line).toBeGreaterThan(60);
      expect(cells.at(-1), line).toBe('(nothing to test)');
    }
  });

  test('links to what is there', () => {
    for (const [, path = '', anchor] of textOf(document).matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]*))?\)/g)) {
      const target = path === '' ? document : path;
      expect(existsSync(new URL(target, DOCS)), target).toBe(true);
      if (anchor !== undefined) expect(anchorsOf(textOf(target)), target).toContain(anchor);
    }
  });
});

test('docs/deviations.md has its smaller deviations', () => {
  const smaller = rowsOf('deviations.md', /\D/);
  expect(smaller).toHaveLength(SMALLER_DEVIATIONS);
  for (const { line, cells } of smaller) expect(cells, line).toHaveLength(4);
});
