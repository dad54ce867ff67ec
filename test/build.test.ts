// What the build files and the sources promise each other: one list of sources, the same constants
// on both sides, imports in one direction, and a package that can be required.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { runCommand } from './support/child.ts';

const ROOT = resolve(import.meta.dirname, '..');
const read = (...path: string[]) => readFileSync(join(ROOT, ...path), 'utf8');
const filesIn = (folder: string, ending: string) =>
  readdirSync(join(ROOT, folder))
    .filter((name) => name.endsWith(ending))
    .sort();
const all = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map(([, name = '']) => name);

const LIB = filesIn('lib', '.ts').filter((name) => !name.endsWith('.d.ts'));

/** Code without comments and strings. */
function code(name: string): string {
  return read('lib', name)
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/`[^`]*`|'[^'\n]*'/g, "''")
    .replace(/\/\/.*$/gm, '');
}

describe('native sources', () => {
  const sources = filesIn('native', '.cc');

  test('binding.gyp and CMakeLists.txt list every one, once', () => {
    expect(all(read('binding.gyp'), /"native\/(\w+\.cc)"/g).sort()).toEqual(sources);
    expect(all(read('CMakeLists.txt'), /^\s*native\/(\w+\.cc)$/gm).sort()).toEqual(sources);
  });

  test('both build files define the same', () => {
    for (const name of ['NAPI_VERSION=8', 'NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS']) {
      expect(read('binding.gyp')).toContain(`"${name}"`);
      expect(read('CMakeLists.txt')).toContain(name);
    }
  });

  test.each([...sources, ...filesIn('native', '.h')])('%s opens with a comment', (name) => {
    expect(read('native', name)).toMatch(/^\/\/ [A-Z"]/);
    expect(read('native', name).split('\n').length).toBeLessThanOrEqual(301);
  });
});

test('lib/constants.ts has the constants of native/constants.cc, in their order', () => {
  const native = all(read('native', 'constants.cc'), /^\s*CONSTANT\((\w+)\);$/gm);
  expect(native.length).toBeGreaterThan(60);
  expect(all(read('lib', 'constants.ts'), /^export const (\w+) = constant\('\1'\);$/gm)).toEqual(native);
  expect(all(read('lib', 'constants.ts'), /^export const (\w+)/gm)).toEqual(native);
});

describe('lib', () => {
  test.each(LIB)('%s opens with a comment and has at most 300 lines', (name) => {
    expect(read('lib', name)).toMatch(/^\/\/ /);
    expect(read('lib', name).trimEnd().split('\n').length).toBeLessThanOrEqual(300);
  });

  test.each(LIB.filter((name) => name !== 'native.ts'))('%s has neither any nor as', (name) => {
    const statements = code(name).replace(/^(import|export) [^;]*? from '';$/gm, '');
    expect(statements).not.toMatch(/[:<|&(,[]\s*any\b/);
    expect(statements).not.toMatch(/[\w)\]}'] as (?!const\b)/);
    expect(statements).not.toMatch(/@ts-|[\w)\]]!(?=[.;,)[\]])/);
  });
});

describe('imports', () => {
  const importsOf = (name: string, pattern: RegExp) => all(read('lib', name), pattern);
  const everything = new Map(LIB.map((name) => [name, importsOf(name, /from '\.\/(\w+\.ts)';/g)]));
  // Imports of types are gone at run time; they may go both ways between neighbours.
  const atRunTime = new Map(
    LIB.map((name) => [name, importsOf(name, /^(?:import|export) (?!type )[^;]*?from '\.\/(\w+\.ts)';/gm)]),
  );

  function reachable(from: string, graph = everything, seen = new Set<string>()): Set<string> {
    for (const next of graph.get(from) ?? []) {
      if (seen.has(next)) continue;
      seen.add(next);
      reachable(next, graph, seen);
    }
    return seen;
  }

  test('only lib/native.ts loads the addon', () => {
    for (const name of LIB) {
      expect(read('lib', name).includes("'node-gyp-build'"), name).toBe(name === 'native.ts');
      expect(/\.node['"`]|process\.dlopen|createRequire/.test(read('lib', name)), name).toBe(false);
    }
  });

  test('go in one direction: no file imports itself by way of others', () => {
    for (const name of LIB) expect(reachable(name, atRunTime).has(name), `${name} is in a circle`).toBe(false);
  });

  test.each([
    ['native.ts', []],
    ['constants.ts', ['native.ts']],
  ])('%s imports nothing but %j', (name, wanted) => {
    expect(everything.get(name)).toEqual(wanted);
  });

  test.each([
    [
      'what is below the dispatchers',
      ['socket.ts', 'select.ts'],
      ['channel_base.ts', 'members.ts', 'dispatcher.ts', 'loop.ts', 'file.ts', 'async_chat.ts'],
    ],
    ['the loop', ['loop.ts'], ['dispatcher.ts', 'file.ts', 'async_chat.ts']],
    ['asyncore', ['dispatcher.ts', 'dispatcher_with_send.ts', 'file.ts'], ['async_chat.ts', 'index.ts']],
  ])('%s knows nothing of what is above', (_what, files, above) => {
    for (const name of files) {
      const known = reachable(name, atRunTime);
      for (const other of above) expect(known.has(other), `${name} imports ${other}`).toBe(false);
    }
  });
});

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
const canRequire = major >= 23 || (major === 22 && minor >= 12) || (major === 20 && minor >= 19);

describe.skipIf(!canRequire)('the package', () => {
  test.each(['asyncore', 'asyncore/socket', 'asyncore/select'])(
    "require('%s') gives what import gives",
    async (name) => {
      expect(existsSync(join(ROOT, 'dist/index.js')), 'npm run build comes first').toBe(true);
      const script = `
      const required = require('${name}');
      import('${name}').then((imported) => {
        const names = Object.keys(required);
        console.log(names.length > 5 && names.every((name) => required[name] === imported[name]));
      });
    `;
      const { code, stdout, stderr } = await runCommand(process.execPath, ['--input-type=commonjs', '-e', script]);
      expect({ code, stdout }, stderr).toEqual({ code: 0, stdout: 'true\n' });
    },
  );
});
