// What the documents show is true: every piece of TypeScript in them compiles against the library's
// types, and those that are programs are run.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { temporaryPath } from '../support/matrix.ts';
import { Client, Program } from '../support/program.ts';

const ROOT = resolve(import.meta.dirname, '../..');
/** Every page, and the sources, whose comments have examples. */
const PAGES = ['README.md', ...globbed('docs', '.md'), ...globbed('lib', '.ts')];

function globbed(folder: string, ending: string): string[] {
  return readdirSync(resolve(ROOT, folder), { encoding: 'utf8', recursive: true })
    .filter((name) => name.endsWith(ending))
    .map((name) => join(folder, name));
}

/** The `@example`s of a source, as the fences of a page. */
function examplesOf(source: string): string {
  const found = source.matchAll(/^ *\* @example\n((?: *\*(?!\/).*\n)+)/gm);
  return [...found].map(([, lines = '']) => `\`\`\`ts\n${lines.replace(/^ *\* ?/gm, '')}\`\`\`\n`).join('\n');
}

/** A fence of a page. */
interface Snippet {
  readonly name: string;
  /** What stands behind the opening fence. */
  readonly info: string;
  readonly code: string;
  /** The text fence that follows: what the program prints. */
  readonly output: string | undefined;
}

function snippetsOf(page: string): Snippet[] {
  const file = readFileSync(resolve(ROOT, page), 'utf8');
  const text = page.endsWith('.ts') ? examplesOf(file) : file;
  const found = text.matchAll(/^```(ts|js|python)([^\n]*)\n(.*?)^```$(?:\s*^```text\n(.*?)^```$)?/gms);
  return [...found].map(([, language = '', info = '', code = '', output], i) => ({
    name: `${page}, snippet ${i + 1}`,
    info: language + info,
    code,
    output,
  }));
}

const snippets = PAGES.flatMap(snippetsOf);

function snippet(page: string, info: string): Snippet {
  const found = snippets.find((one) => one.name.startsWith(page) && one.info === info);
  if (found === undefined) throw new Error(`${page} has no \`\`\`${info}`);
  return found;
}

/** Where snippets are run: inside the package, so that they can import it by its name. */
let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(ROOT, 'build-snippets-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

let files = 0;
function save({ code }: Snippet, ending = 'ts'): string {
  const file = join(folder, `${++files}.${ending}`);
  writeFileSync(file, code);
  return file;
}

/** What each entry point exports, by its name. */
const EXPORTED: ReadonlyMap<string, readonly string[]> = new Map(
  await Promise.all(
    readdirSync(resolve(ROOT, 'lib'))
      .filter((file) => file.endsWith('.ts'))
      .map(async (file): Promise<[string, string[]]> => {
        const name = file === 'index.ts' ? 'asyncore' : `asyncore/${file.slice(0, -3)}`;
        return [name, Object.keys(await import(resolve(ROOT, 'lib', file)))];
      }),
  ),
);

/** The examples in comments leave out what they import; the words they use tell. */
function preamble(code: string): string {
  if (/^import /m.test(code)) return '';
  const taken = new Set(['Socket']);
  const lines = [...EXPORTED].map(([module, names]) => {
    const used = names.filter((name) => !taken.has(name) && new RegExp(`\\b${name}\\b`).test(code));
    for (const name of used) taken.add(name);
    return used.length === 0 ? '' : `import { ${used.join(', ')} } from '${module}';`;
  });
  return `${lines.join('')}import type { Socket } from 'asyncore/socket';declare const socket: Socket; `;
}

test('the TypeScript in the documents compiles', () => {
  const configFile = resolve(ROOT, 'tsconfig.json');
  const { options } = ts.parseJsonConfigFileContent(
    ts.readConfigFile(configFile, ts.sys.readFile).config,
    ts.sys,
    ROOT,
  );
  const sources = new Map(
    snippets
      .filter(({ info }) => info.startsWith('ts'))
      .map(({ code }, i) => [join(ROOT, 'test', `snippet-${i}.ts`), `${preamble(code)}${code}\nexport {};`]),
  );
  expect(sources.size).toBeGreaterThan(10);
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists } = host;
  host.getSourceFile = (name, languageVersion, ...rest) => {
    const source = sources.get(name);
    return source === undefined
      ? getSourceFile.call(host, name, languageVersion, ...rest)
      : ts.createSourceFile(name, source, languageVersion);
  };
  host.fileExists = (name) => sources.has(name) || fileExists.call(host, name);
  const program = ts.createProgram([...sources.keys()], options, host);
  const problems = [...sources.keys()]
    .flatMap((name) => ts.getPreEmitDiagnostics(program, program.getSourceFile(name)))
    .map(({ file, messageText }) => `${ts.flattenDiagnosticMessageText(messageText, ' ')}\n${file?.text}`);
  expect(problems).toEqual([]);
}, 120_000);

describe('the README', () => {
  const first = snippet('README.md', 'js run');

  test('begins with an example of under 15 lines that follows FIFOs', async () => {
    expect(first.code.trimEnd().split('\n').length).toBeLessThan(15);
    const paths = [temporaryPath(), temporaryPath()];
    execFileSync('mkfifo', paths);
    const tail = new Program(save(first, 'mjs'), paths);
    for (const path of paths) {
      // Opening it for writing waits until the example has opened it for reading.
      const writer = spawn('sh', ['-c', 'echo "hello, $1" > "$1"', 'sh', path]);
      await once(writer, 'close');
      await tail.prints(new RegExp(`^hello, ${path}$`, 'm'));
    }
    expect(await tail.ended).toEqual({ code: 0, signal: null });
  });
});

describe('the programs of the pages', () => {
  // Node itself cannot run TypeScript in other threads.
  const programs = snippets.filter(
    ({ name, info }) => info === 'ts run' || (info === 'js run' && !name.startsWith('README.md')),
  );

  test.each(programs)('prints what it says: $name', async (one) => {
    const program = new Program(save(one, one.info === 'js run' ? 'mjs' : 'ts'));
    expect(await program.ended).toEqual({ code: 0, signal: null });
    expect(one.output).toBeDefined();
    expect(program.output).toBe(one.output);
  });
});

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** A connection to a server that is about to listen. */
async function connected(port: number): Promise<Client> {
  const deadline = performance.now() + 15_000;
  for (;;) {
    const client = new Client(port);
    if (await client.isConnected()) return client;
    if (performance.now() > deadline) throw new Error(`nobody listens on port ${port}`);
    await sleep(20);
  }
}

const hasAsyncore = spawnSync('python3', ['-W', 'ignore', '-c', 'import asyncore, asynchat']).status === 0;

describe('docs/porting.md', () => {
  const pairs = snippets.filter((one) => one.name.startsWith('docs/porting.md'));
  const of = (info: string): [python: Snippet, typescript: Snippet] => {
    const at = pairs.findIndex((one) => one.info === info);
    const [python, typescript] = [pairs[at - 1], pairs[at]];
    if (python === undefined || typescript === undefined) throw new Error(`no pair for ${info}`);
    return [python, typescript];
  };

  /** What a client of the server gets to see, and the server's exit is not awaited. */
  const talks: [info: string, sent: string, received: string][] = [
    ['ts run echo', 'hello\r\n', 'hello\r\n'],
    ['ts run shout', 'one\r\ntwo\r\nquit\r\n', 'ONE\r\nTWO\r\n'],
  ];
  for (const [info, sent, received] of talks) {
    const [python, typescript] = of(info);

    test(`stands line beside line (${info})`, () => {
      expect(typescript.code.split('\n').length).toBe(python.code.split('\n').length);
    });

    test(`is right on the right (${info})`, async () => {
      const port = await freePort();
      const server = new Program(save(typescript), [String(port)]);
      const client = await connected(port);
      client.socket.write(sent);
      await client.receives(received);
      await client.close();
      await server.end();
    });

    test.runIf(hasAsyncore)(`is right on the left (${info})`, async () => {
      const port = await freePort();
      const server = spawn('python3', ['-W', 'ignore', save(python, 'py'), String(port)], { stdio: 'ignore' });
      const client = await connected(port);
      client.socket.write(sent);
      await client.receives(received);
      await client.close();
      server.kill('SIGKILL');
      await once(server, 'close');
    });
  }
});
