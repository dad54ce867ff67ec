// Every behaviour of asyncore that is listed in support/rows.ts has a test that bears its row in its
// title, or a reason why there is none.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { DEVIATIONS, SECTIONS } from '../support/rows.ts';

// test('…', test(`…`, test.each(…)('…', describe('…': the first string behind it.
const TITLE = /\b(?:test|describe)(?:\.each\([^)]*\))?\(\s*(['"`])((?:(?!\1).)*)\1/g;

const titles = new Map<string, string[]>();

/** The titles of the tests of a file under test/. */
function titlesOf(file: string): string[] {
  let found = titles.get(file);
  if (found === undefined) {
    const source = readFileSync(new URL(`../${file}`, import.meta.url), 'utf8');
    found = [...source.matchAll(TITLE)].map(([, , title]) => title ?? '');
    titles.set(file, found);
  }
  return found;
}

/** Whether a title of `file` bears the words `what`. */
function bears(file: string, what: string): boolean {
  return titlesOf(file).some((title) => new RegExp(`\\b${what}\\b`).test(title));
}

for (const { name, letter, count, files, none = {} } of SECTIONS) {
  test(`rows: ${name}`, () => {
    const rows = Array.from({ length: count }, (_, i) => `${letter}${String(i + 1).padStart(2, '0')}`);
    const tested = Object.entries(files).flatMap(([file, ids]) => ids.split(' ').map((id) => ({ file, id })));
    const listed = [...new Set([...tested.map(({ id }) => id), ...Object.keys(none)])];
    expect(listed.toSorted()).toEqual(rows);
    const missing = tested.filter(({ file, id }) => !bears(file, id));
    expect(missing).toEqual([]);
    for (const [id, reason] of Object.entries(none)) {
      expect(reason.length, id).toBeGreaterThan(20);
      expect(tested.map((one) => one.id)).not.toContain(id);
    }
  });
}

for (const [number, files] of Object.entries(DEVIATIONS)) {
  test(`rows: deviation ${number}`, () => {
    for (const file of files) expect(bears(file, `deviation ${number}`), file).toBe(true);
  });
}
