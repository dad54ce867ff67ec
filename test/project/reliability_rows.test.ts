// docs/reliability.md and the tests say the same: all 164 lines are there, each names tests that are
// there under that title and number or says why there is none, and no test bears a number in vain.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const COUNTS = { A: 21, B: 24, C: 11, D: 14, E: 22, F: 6, G: 19, H: 15, I: 7, J: 14, K: 11 };
const DOCUMENT = new URL('../../docs/reliability.md', import.meta.url);
const document = readFileSync(DOCUMENT, 'utf8');

interface Row {
  readonly id: string;
  readonly cells: string[];
  /** The tests that it names: file and part of the title. */
  readonly tests: { file: string; title: string }[];
  readonly links: string[];
}

const rows = [...document.matchAll(/^\| ([A-K]\d+) \| (.*) \|$/gm)].map(([, id = '', text = '']): Row => {
  const tests = [...text.matchAll(/\[\w+: ((?:[^\]]|\](?!\())*)\]\((\.\.\/test\/[^)]+)\)/g)];
  return {
    id,
    cells: text.split(' | '),
    tests: tests.map(([, title = '', file = '']) => ({ file, title })),
    links: [...text.matchAll(/\]\(([^)#]+)\)/g)].map(([, link = '']) => link),
  };
});

const sources = new Map<string, string[]>();

function linesOf(file: string): string[] {
  let lines = sources.get(file);
  if (lines === undefined) {
    lines = readFileSync(new URL(file, DOCUMENT), 'utf8').split('\n');
    sources.set(file, lines);
  }
  return lines;
}

/** The rows that a title bears. */
function idsIn(line: string): string[] {
  return /[`'"]reliability ((?:[A-K]\d+ ?)+): /.exec(line)?.[1]?.split(' ') ?? [];
}

test('all 164 lines are there, once each, in order', () => {
  const wanted = Object.entries(COUNTS).flatMap(([letter, count]) =>
    Array.from({ length: count }, (_, i) => `${letter}${i + 1}`),
  );
  expect(wanted).toHaveLength(164);
  expect(rows.map(({ id }) => id)).toEqual(wanted);
  for (const { id, cells } of rows) {
    expect(cells, id).toHaveLength(3);
    for (const cell of cells) expect(cell.length, id).toBeGreaterThan(5);
  }
});

test('what they link to is there', () => {
  for (const { id, links } of rows) {
    for (const link of links) expect(existsSync(new URL(link, DOCUMENT)), `${id}: ${link}`).toBe(true);
  }
});

test('the tests that they name bear that title and number', () => {
  const missing = rows.flatMap(({ id, tests }) =>
    tests
      .filter(({ file, title }) => !linesOf(file).some((line) => line.includes(title) && idsIn(line).includes(id)))
      .map(({ file, title }) => `${id}: ${file}: ${title}`),
  );
  expect(missing).toEqual([]);
});

test('a line without a test says why', () => {
  for (const { id, cells, tests, links } of rows) {
    if (tests.length > 0 || links.some((link) => link.startsWith('../check/'))) continue;
    expect(cells[1]?.length, id).toBeGreaterThan(40);
    expect(cells[2], id).toBe('(nothing to test)');
  }
});

test('a test that bears a number is named in that line', () => {
  const folder = new URL('../test/', DOCUMENT);
  for (const name of readdirSync(folder, { encoding: 'utf8', recursive: true })) {
    if (!name.endsWith('.test.ts')) continue;
    for (const line of linesOf(`../test/${name}`)) {
      for (const id of idsIn(line)) {
        const row = rows.find((each) => each.id === id);
        const named = row?.tests.some(({ file, title }) => file === `../test/${name}` && line.includes(title));
        expect(named, `${name}: ${line.trim()}`).toBe(true);
      }
    }
  }
});
