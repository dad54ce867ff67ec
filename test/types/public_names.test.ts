// Every public name stands in a test of types: a new one comes with its own. Of the system's constants, which
// come as a whole, the families have more to say than that they are numbers.
import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { publicNames } from '../support/public_names.ts';

const tests = readdirSync(import.meta.dirname)
  .filter((name) => name.endsWith('.test.ts'))
  .map((name) => readFileSync(new URL(name, import.meta.url), 'utf8'))
  // What is only imported is not tested.
  .map((text) => text.replace(/^import [\s\S]*?;$/gm, ''))
  .join('\n');

test.each([...publicNames()])('%s: the names are in tests of types', (_entry, names) => {
  expect(names.length).toBeGreaterThan(0);
  expect(names.filter((name) => !new RegExp(`\\b${name}\\b`).test(tests))).toEqual([]);
});
