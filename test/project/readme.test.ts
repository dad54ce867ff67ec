// What the documents show is true: every piece of TypeScript in them compiles against the library's
// types, and those that are programs are run.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import * as index from '../../lib/index.ts';
import * as linux from '../../lib/linux.ts';
import * as promises from '../../lib/promises.ts';
import * as select from '../../lib/select.ts';
import * as selectors from '../../lib/selectors.ts';
import * as socket from '../../lib/socket.ts';
import * as stream from '../../lib/stream.ts';
import * as tty from '../../lib/tty.ts';
import { temporaryPath } from '../support/matrix.ts';
import { Client, Program } from '../support/program.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const PAGES = ['README.md', 'docs/porting.md', 'docs/in_a_node_program.md', 'docs/api.md', 'docs/files_and_devices.md'];

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
  const text = readFileSync(resolve(ROOT, page), 'utf8');
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

/** The examples in docs/api.md leave out what they import; the words they use tell. */
function preamble(code: string): string {
  if (/^import /m.test(code)) return '';
  const names = (exported: object) => Object.keys(exported).filter((name) => new RegExp(`\\b${name}\\b`).test(code));
  const fromIndex = names(index);
  const lines = [
    `import { ${fromIndex.join(', ')} } from 'asyncore';`,
    `import { type Socket, ${names(socket)
      .filter((name) => name !== 'Socket' && !(name in index) && !(name in select))
      .join(', ')} } from 'asyncore/socket';`,
    `import { ${names(select).join(', ')} } from 'asyncore/select';`,
    `import { ${names(stream).join(', ')} } from 'asyncore/stream';`,
    `import { ${names(promises).join(', ')} } from 'asyncore/promises';`,
    `import { ${names(selectors).join(', ')} } from 'asyncore/selectors';`,
    `import http from 'node:http';`,
    'declare const socket: Socket; declare const listener: Socket; declare const handler: http.RequestListener;',
    'declare const signal: AbortSignal; declare function serve(sock: Socket): void;',
    `import { ${names(tty).join(', ')} } from 'asyncore/tty';`,
    `import { type Ending, type InotifyEvent, type SignalInfo, ${names(linux).join(', ')} } from 'asyncore/linux';`,
  ];
  return `${lines.join('')} `;
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
}, 60_000);

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

  const programs = snippets.filter(
    (one) => /^(README|docs\/in_a_node_program)\.md/.test(one.name) && one.info === 'ts run' && one !== first,
  );
  test.each(programs)('prints what it says: $name', async (one) => {
    const program = new Program(save(one));
    expect(await program.ended).toEqual({ code: 0, signal: null });
    expect(one.output).toBeDefined();
    expect(program.output).toBe(one.output);
  });

  test('has every document that it links to', () => {
    for (const page of [...PAGES, 'examples/README.md', 'CONTRIBUTING.md', 'docs/deviations.md']) {
      const text = readFileSync(resolve(ROOT, page), 'utf8');
      for (const [, target = ''] of text.matchAll(/\]\(([^)#:\s]+)(?:#[^)]*)?\)/g)) {
        readFileSync(resolve(ROOT, page, '..', target));
      }
    }
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
