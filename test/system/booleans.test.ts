// Whatever is to be true or false is checked in one way everywhere: a TypeError with Node's code and the name,
// before anything is touched.
import { readdirSync, readFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type ChannelMap, closeAll, createServer, FileWrapper, loop, loopSync } from '../../lib/index.ts';
import { EventFd } from '../../lib/linux.ts';
import { chunks, connections, lines } from '../../lib/promises.ts';
import { type Socket, socketpair } from '../../lib/socket.ts';
import { toDuplex, toReadable, toReadableWritablePair, toWritable } from '../../lib/stream.ts';
import { openpty, setRaw } from '../../lib/tty.ts';
import { openDescriptors } from '../support/descriptors.ts';

let map: ChannelMap;
let sock: Socket;
let file: FileWrapper;
let terminal: FileWrapper;
let open: { close(): void }[];

beforeEach(() => {
  map = new Map();
  const pair = socketpair();
  const pty = openpty();
  [sock, terminal] = [pair[0], pty[0]];
  file = new FileWrapper(sock.fileno());
  open = [...pair, ...pty, file];
});

afterEach(() => {
  for (const each of open) each.close();
});

/** Every option, by the name of its interface, and every argument: how it is given. */
const OPTIONS: [what: string, name: string, give: (value: unknown) => unknown][] = [
  ...['usePoll', 'spin', 'keepAlive', 'ref'].flatMap((name): typeof OPTIONS => [
    [`LoopOptions.${name}`, name, (value) => Reflect.apply(loop, undefined, [{ map, [name]: value }])],
    [
      `LoopOptions.${name} of loopSync()`,
      name,
      (value) => Reflect.apply(loopSync, undefined, [{ map, [name]: value }]),
    ],
  ]),
  ...['reusePort', 'v6Only', 'unlink'].map((name): (typeof OPTIONS)[number] => [
    `ServerOptions.${name}`,
    `options.${name}`,
    (value) => Reflect.apply(createServer, undefined, [['127.0.0.1', 0], { map, [name]: value }, () => {}]),
  ]),
  ...[chunks, lines, connections].map((make): (typeof OPTIONS)[number] => [
    `IterationOptions.keepOpen of ${make.name}()`,
    'keepOpen',
    (value) => Reflect.apply(make, undefined, [sock, { keepOpen: value }]),
  ]),
  ...[toDuplex, toReadable, toWritable].map((make): (typeof OPTIONS)[number] => [
    `StreamOptions.allowHalfOpen of ${make.name}()`,
    'allowHalfOpen',
    (value) => Reflect.apply(make, undefined, [sock, { allowHalfOpen: value }]),
  ]),
  [
    'RawOptions.signals',
    'options.signals',
    (value) => Reflect.apply(setRaw, undefined, [terminal, { signals: value }]),
  ],
  ['closeAll()', 'ignoreAll', (value) => Reflect.apply(closeAll, undefined, [map, value])],
  ['EventFd', 'semaphore', (value) => Reflect.construct(EventFd, [0, value])],
  ['FileWrapper.setBlocking()', 'on', (value) => Reflect.apply(file.setBlocking, file, [value])],
  ...(
    [
      'setBlocking',
      'setNoDelay',
      'setKeepAlive',
      'setReusePort',
      'setLinger',
      'setBroadcast',
      'setV6Only',
      'setMulticastLoopback',
    ] as const
  ).map((name): (typeof OPTIONS)[number] => [
    `Socket.${name}()`,
    'on',
    (value) => Reflect.apply(Reflect.get(sock, name), sock, [value]),
  ]),
];

test.each(OPTIONS)('%s is true or false', async (_what, name, give) => {
  const before = openDescriptors();
  for (const value of [null, 0, 1, '', 'false', {}, [], new Boolean(false), 0n, Symbol('yes'), () => true]) {
    // loop() rejects, the others throw.
    const thrown = await (async () => give(value))().catch((error: unknown) => error);
    expect(thrown).toMatchObject({ name: 'TypeError', code: 'ERR_INVALID_ARG_TYPE' });
    expect(String(thrown)).toContain(`The "${name}" argument must be of type boolean`);
  }
  expect([map.size, sock.fileno() >= 0, openDescriptors()]).toEqual([0, true, before]);
});

test('a pair of Web streams is always open on both sides', () => {
  const pair = Reflect.apply(toReadableWritablePair, undefined, [sock, { allowHalfOpen: 1 }]);
  expect(Object.keys(pair)).toEqual(['readable', 'writable']);
});

test('no option was forgotten', () => {
  const tried = new Set(OPTIONS.map(([what]) => /^\w+\.\w+/.exec(what)?.[0]));
  const lib = new URL('../../lib/', import.meta.url).pathname;
  const missing: string[] = [];
  for (const path of readdirSync(lib, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'))) {
    const text = readFileSync(lib + path, 'utf8');
    for (const [, kind, body = ''] of text.matchAll(/^export interface (\w+Options)[^{]*\{([\s\S]*?)^\}/gm)) {
      for (const [, name] of body.matchAll(/^ +(?:readonly )?(\w+)\?: boolean;/gm)) {
        if (!tried.has(`${kind}.${name}`)) missing.push(`${kind}.${name}`);
      }
    }
    // Nobody checks it in another way.
    if (path !== 'system/arguments.ts' && /typeof \w+ !== 'boolean'/.test(text)) missing.push(path);
  }
  expect(missing).toEqual([]);
});
