// The shelves and their arrows: check/ may use test/support/, nothing under test/ uses check/, and no file
// of either imports itself by way of others.
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';

const ROOT = resolve(import.meta.dirname, '../..');
const IMPORT = /(?:from|import|import\()\s*'(\.[^']+)'/g;

/** Every file of a folder, and what it imports, as paths from the root. */
function importsOf(folder: string): Map<string, string[]> {
  const files = readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(folder, name));
  const found = (file: string) => readFileSync(join(ROOT, file), 'utf8').matchAll(IMPORT);
  return new Map(files.map((file) => [file, [...found(file)].map(([, to = '']) => join(file, '..', to))]));
}

const tests = importsOf('test');
const checks = importsOf('check');
const all = new Map([...tests, ...checks]);

/** The way from a file back to itself, if there is one. */
function circle(start: string): string[] {
  const seen = new Set<string>();
  const search = (file: string, way: string[]): string[] => {
    for (const next of all.get(file) ?? []) {
      if (next === start) return [...way, next];
      if (seen.has(next)) continue;
      seen.add(next);
      const found = search(next, [...way, next]);
      if (found.length > 0) return found;
    }
    return [];
  };
  return search(start, [start]);
}

test('nothing under test/ imports from check/, and check/ nothing of test/ but test/support/', () => {
  const between = (from: Map<string, string[]>, isWrong: (to: string) => boolean) =>
    [...from].flatMap(([file, imports]) => imports.filter(isWrong).map((to) => `${file} imports ${to}`));
  expect(between(tests, (to) => to.startsWith('check/'))).toEqual([]);
  expect(between(checks, (to) => /^test\/(?!support\/)/.test(to))).toEqual([]);
  // The pattern does find what there is.
  expect(between(checks, (to) => to.startsWith('test/support/')).length).toBeGreaterThan(10);
});

test('imports go in one direction, those of types included', () => {
  expect([...all.keys()].map(circle).filter((way) => way.length > 0)).toEqual([]);
});

test('every check is started by a main.ts in its folder', () => {
  const mains = [...checks.keys()].filter((file) => file.endsWith('/main.ts')).sort();
  const folders = new Set([...checks.keys()].flatMap((file) => /^check\/\w+(?=\/)/.exec(file) ?? []));
  expect(mains).toEqual(['check/main.ts', ...[...folders].map((folder) => `${folder}/main.ts`)].sort());
});
