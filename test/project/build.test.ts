// What the build files and the sources promise each other: one list of sources, the same constants
// on both sides, imports in one direction, and a package that can be required.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { runCommand } from '../support/child.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const read = (...path: string[]) => readFileSync(join(ROOT, ...path), 'utf8');
/** The paths below `folder` of the files with that ending. */
const filesIn = (folder: string, ending: string) =>
  readdirSync(join(ROOT, folder), { encoding: 'utf8', recursive: true })
    .filter((name) => name.endsWith(ending))
    .sort();
const all = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map(([, name = '']) => name);

const LIB = filesIn('lib', '.ts').filter((name) => !name.endsWith('.d.ts'));
const NATIVE = [...filesIn('native', '.cc'), ...filesIn('native', '.h')];
const ENTRIES = LIB.filter((name) => !name.includes('/'));
const LOADER = 'system/native.ts';
const FINDER = 'system/addon_file.ts';

/** Code without comments and strings. */
function code(name: string): string {
  return read('lib', name)
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/`[^`]*`|'[^'\n]*'/g, "''")
    .replace(/\/\/.*$/gm, '');
}

describe('native sources', () => {
  const sources = filesIn('native', '.cc').sort();

  test('binding.gyp and CMakeLists.txt list every one, once', () => {
    expect(all(read('binding.gyp'), /"native\/([\w/]+\.cc)"/g).sort()).toEqual(sources);
    expect(all(read('CMakeLists.txt'), /^\s*native\/([\w/]+\.cc)$/gm).sort()).toEqual(sources);
  });

  test('both build files define the same', () => {
    for (const name of ['NAPI_VERSION=8', 'NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS']) {
      expect(read('binding.gyp')).toContain(`"${name}"`);
      expect(read('CMakeLists.txt')).toContain(name);
    }
  });

  test.each(NATIVE)('%s opens with a comment and has at most 300 lines', (name) => {
    expect(read('native', name)).toMatch(/^\/\/ [A-Z"]/);
    expect(read('native', name).split('\n').length).toBeLessThanOrEqual(301);
  });
});

test('lib/system/constants.ts has the constants of native/calls/constants.cc, in their order', () => {
  const native = all(read('native/calls/constants.cc'), /^\s*CONSTANT\((\w+)\);$/gm);
  const lib = read('lib/system/constants.ts');
  expect(native.length).toBeGreaterThan(60);
  expect(all(lib, /^export const (\w+) = constant\('\1'\);$/gm)).toEqual(native);
  expect(all(lib, /^export const (\w+)/gm)).toEqual(native);
});

describe('lib', () => {
  test.each(LIB)('%s opens with a comment and has at most 300 lines of code beside its imports', (name) => {
    expect(read('lib', name)).toMatch(ENTRIES.includes(name) ? /^(\/\/ |\/\*\*\n)/ : /^\/\/ /);
    const lines = read('lib', name)
      .replace(/^ *\/\*\*[\s\S]*?\*\/$/gm, '')
      .replace(/^import [\s\S]*?;$/gm, '')
      .split('\n');
    expect(lines.filter((line) => !/^ *(\/\/.*)?$/.test(line)).length).toBeLessThanOrEqual(300);
  });

  test.each(LIB.filter((name) => name !== LOADER))('%s has neither any nor as', (name) => {
    const statements = code(name).replace(/^(import|export) [^;]*? from '';$/gm, '');
    expect(statements).not.toMatch(/[:<|&(,[]\s*any\b/);
    expect(statements).not.toMatch(/[\w)\]}'] as (?!const\b)/);
    expect(statements).not.toMatch(/@ts-|[\w)\]]!(?=[.;,)[\]])/);
  });

  test.each(ENTRIES)('%s, an entry point, is re-exports alone', (name) => {
    expect(
      code(name)
        .replace(/^export [^;]*? from '';$/gm, '')
        .trim(),
    ).toBe('');
  });
});

test('TypeScript files are named in snake_case', () => {
  const folders = ['lib', 'bin', 'test', 'check', 'bench', 'examples', 'scripts'];
  const names = folders.flatMap((folder) => [...filesIn(folder, '.ts'), ...filesIn(folder, '.mjs')]);
  expect(names.filter((name) => !/^(\w+\/)*[a-z0-9_]+(\.test|\.d)?\.(ts|mjs)$/.test(name))).toEqual([]);
});

/** What a file of each folder may import from other folders; what is not named imports nothing. */
const LIB_ARROWS: Readonly<Record<string, readonly string[]>> = {
  '.': [
    'stream',
    'promises',
    'selectors',
    'insight',
    'source',
    'chat',
    'dispatchers',
    'reactor',
    'descriptors',
    'system',
    'linux',
    'tty',
  ],
  stream: ['source', 'dispatchers', 'descriptors', 'system'],
  promises: ['source', 'dispatchers', 'reactor', 'descriptors', 'system'],
  selectors: ['reactor', 'system'],
  insight: ['reactor', 'system'],
  source: ['chat', 'dispatchers', 'reactor', 'descriptors', 'system'],
  chat: ['dispatchers', 'reactor', 'descriptors', 'system'],
  dispatchers: ['reactor', 'descriptors', 'system'],
  reactor: ['system'],
  descriptors: ['system'],
  // Modules over the core, of which nothing there knows.
  linux: ['dispatchers', 'reactor', 'descriptors', 'system'],
  tty: ['descriptors', 'system'],
};
/** The one header at the root that knows nothing of the rest, so that everything may include it. */
const NATIVE_SHARED = 'interruptions.h';
const NATIVE_ARROWS: Readonly<Record<string, readonly string[]>> = {
  '.': ['calls', 'reactor', 'descriptors'],
  calls: ['.', 'reactor', 'descriptors'],
  reactor: [NATIVE_SHARED],
  descriptors: [NATIVE_SHARED],
};

/** Arrows between folders that `arrows` allows neither for the target's folder nor for the target. */
function wrongArrows(imports: ReadonlyMap<string, readonly string[]>, arrows: typeof LIB_ARROWS): string[] {
  return [...imports].flatMap(([name, targets]) =>
    targets
      .filter((target) => dirname(target) !== dirname(name))
      .filter((target) => !arrows[dirname(name)]?.some((allowed) => allowed === dirname(target) || allowed === target))
      .map((target) => `${name} -> ${target}`),
  );
}

/** Files that import themselves by way of others. */
function circles(imports: ReadonlyMap<string, readonly string[]>): string[] {
  const reachable = (from: string, seen = new Set<string>()): Set<string> => {
    for (const next of imports.get(from) ?? []) {
      if (!seen.has(next)) reachable(next, seen.add(next));
    }
    return seen;
  };
  return [...imports.keys()].filter((name) => reachable(name).has(name));
}

describe('imports of lib', () => {
  const importsOf = (name: string, pattern: RegExp) =>
    all(read('lib', name), pattern).map((path) => join(dirname(name), path));
  const everything = new Map(LIB.map((name) => [name, importsOf(name, /from '(\.[\w./]+\.ts)';/g)]));
  // Imports of types are gone at run time; they may go both ways between neighbours.
  const atRunTime = new Map(
    LIB.map((name) => [name, importsOf(name, /^(?:import|export) (?!type )[^;]*?from '(\.[\w./]+\.ts)';/gm)]),
  );

  test('follow the arrows between the folders, those of types too', () => {
    expect([...everything.values()].flat().length).toBeGreaterThan(100);
    expect(wrongArrows(everything, LIB_ARROWS)).toEqual([]);
  });

  test('form no circle', () => expect(circles(atRunTime)).toEqual([]));

  test.each(['index.ts', 'socket.ts', 'select.ts'])('%s loads no module over the core', (entry) => {
    const loaded = new Set<string>();
    const load = (name: string) => {
      if (loaded.has(name)) return;
      loaded.add(name);
      for (const next of atRunTime.get(name) ?? []) load(next);
    };
    load(entry);
    const folders = new Set([...loaded].map(dirname));
    expect(folders).toContain('system');
    const over = ['stream', 'promises', 'selectors', 'insight', 'source', 'linux', 'tty'];
    expect(over.filter((folder) => folders.has(folder))).toEqual([]);
  });

  test('only system/native.ts loads the addon, and only system/addon_file.ts looks for it', () => {
    for (const name of LIB) {
      expect(read('lib', name).includes("'node-gyp-build'"), name).toBe(name === FINDER);
      expect(/\.node['"`]|process\.dlopen|createRequire/.test(read('lib', name)), name).toBe(name === FINDER);
      expect(code(name).includes('requireFrom('), name).toBe(name === LOADER || name === FINDER);
    }
  });
});

describe('includes of native', () => {
  const includes = new Map(NATIVE.map((name) => [name, all(read('native', name), /^#include "([\w/]+\.h)"$/gm)]));

  test('follow the arrows between the folders', () => {
    expect([...includes.values()].flat().length).toBeGreaterThan(40);
    expect(wrongArrows(includes, NATIVE_ARROWS)).toEqual([]);
    expect(includes.get(NATIVE_SHARED)).toEqual([]);
  });

  test('form no circle', () => expect(circles(includes)).toEqual([]));
});

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
const canRequire = major >= 23 || (major === 22 && minor >= 12) || (major === 20 && minor >= 19);

describe.skipIf(!canRequire)('the package', () => {
  test.each([
    'asyncore',
    'asyncore/socket',
    'asyncore/select',
    'asyncore/stream',
    'asyncore/promises',
    'asyncore/selectors',
    'asyncore/insight',
    'asyncore/linux',
    'asyncore/tty',
  ])("require('%s') gives what import gives", async (name) => {
    expect(existsSync(join(ROOT, 'dist/index.js')), 'npm run build comes first').toBe(true);
    const script = `
      const required = require('${name}');
      import('${name}').then((imported) => {
        const names = Object.keys(required);
        console.log(names.length > 1 && names.every((name) => required[name] === imported[name]));
      });
    `;
    const { code, stdout, stderr } = await runCommand(process.execPath, ['--input-type=commonjs', '-e', script]);
    expect({ code, stdout }, stderr).toEqual({ code: 0, stdout: 'true\n' });
  });
});
