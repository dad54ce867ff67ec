// Wrong arguments of the channels' and files' methods: refused before anything is touched. And
// values that may be anything.

import { afterAll, describe, expect, test } from 'vitest';
import { uncaptured } from '../../lib/dispatchers/error_lines.ts';
import {
  AsyncChat,
  type Channel,
  closeAll,
  compactTraceback,
  Dispatcher,
  DispatcherWithSend,
  FileDispatcher,
  FileWrapper,
  pipe,
  pollSync,
  read,
} from '../../lib/index.ts';
import { AF_UNIX, Socket, socketpair } from '../../lib/socket.ts';
import { type Argument, expectNoHarm, expectRefusals } from '../support/hostile.ts';

const map = new Map<number, Channel>();
const [reader, writer] = pipe();
const [one, two] = socketpair();
const listening = new Socket();
const dispatcher = new Dispatcher(one, map);
const inet = new Dispatcher(listening, map);
const sending = new DispatcherWithSend(two, map);
const file = new FileDispatcher(reader, map);
const chat = new AsyncChat(null, map);
// The map of a loop knows of every change.
pollSync(0, map);
afterAll(() => {
  closeAll(map);
  reader.close();
  writer.close();
});

/** Calls past the types. */
const call =
  (target: object, method: string, ...before: unknown[]) =>
  (value: unknown): unknown =>
    Reflect.apply(Reflect.get(target, method), target, [...before, value]);
const make =
  (target: Parameters<typeof Reflect.construct>[0], ...before: unknown[]) =>
  (value: unknown): unknown =>
    Reflect.construct(target, [...before, value]);
const CHANNELS: Argument[] = [
  { call: 'new Dispatcher(sock)', name: 'sock', kind: 'nothing', or: ['null', 'undefined'], run: make(Dispatcher) },
  { call: 'new Dispatcher(null, map)', name: 'map', kind: 'map', or: ['undefined'], run: make(Dispatcher, null) },
  {
    call: 'createSocket(family)',
    name: 'family',
    kind: 'nothing',
    or: ['-0', 'undefined'],
    run: call(dispatcher, 'createSocket'),
  },
  {
    call: 'createSocket(family, type)',
    name: 'type',
    kind: 'nothing',
    or: ['-0', 'undefined'],
    run: call(dispatcher, 'createSocket', AF_UNIX),
  },
  { call: 'setSocket(sock)', name: 'sock', kind: 'nothing', run: call(dispatcher, 'setSocket') },
  {
    call: 'setSocket(sock, map)',
    name: 'map',
    kind: 'map',
    or: ['undefined'],
    run: call(dispatcher, 'setSocket', one),
  },
  { call: 'addChannel(map)', name: 'map', kind: 'map', or: ['undefined'], run: call(dispatcher, 'addChannel') },
  { call: 'delChannel(map)', name: 'map', kind: 'map', or: ['undefined'], run: call(dispatcher, 'delChannel') },
  { call: 'listen(backlog)', name: 'backlog', kind: 'count', or: ['undefined'], run: call(inet, 'listen') },
  { call: 'bind(address)', name: 'address', kind: 'address', run: call(inet, 'bind') },
  { call: 'bind(path)', name: 'address', kind: 'path', run: call(dispatcher, 'bind') },
  { call: 'connect(address)', name: 'address', kind: 'address', run: call(inet, 'connect') },
  { call: 'connect(path)', name: 'address', kind: 'path', run: call(dispatcher, 'connect') },
  { call: 'connect([host])', name: 'address[0]', kind: 'text', run: (value) => call(inet, 'connect')([value, 80]) },
  {
    call: 'connect([host, port])',
    name: 'address[1]',
    kind: 'count',
    run: (value) => call(inet, 'connect')(['::', value]),
  },
  { call: 'send(data)', name: 'data', kind: 'data', run: call(dispatcher, 'send') },
  { call: 'recv(size)', name: 'size', kind: 'count', run: call(dispatcher, 'recv') },
  { call: 'recvInto(view)', name: 'view', kind: 'view', run: call(dispatcher, 'recvInto') },
  {
    call: 'logInfo(message, type)',
    name: 'type',
    kind: 'text',
    or: ['undefined'],
    run: call(dispatcher, 'logInfo', 'x'),
  },
  { call: 'DispatcherWithSend.send(data)', name: 'data', kind: 'data', run: call(sending, 'send') },
  { call: 'new FileDispatcher(file)', name: 'file', kind: 'count', run: make(FileDispatcher) },
  { call: 'new FileDispatcher({ fd })', name: 'file.fd', kind: 'count', run: (fd) => make(FileDispatcher)({ fd }) },
  {
    call: 'new FileDispatcher({ fileno })',
    name: 'file.fileno()',
    kind: 'count',
    run: (fd) => make(FileDispatcher)({ fileno: () => fd }),
  },
  {
    call: 'new FileDispatcher(file, map)',
    name: 'map',
    kind: 'map',
    or: ['undefined'],
    run: make(FileDispatcher, reader),
  },
  { call: 'setFile(fd)', name: 'fd', kind: 'count', run: call(file, 'setFile') },
  { call: 'FileDispatcher.recv(size)', name: 'size', kind: 'count', run: call(file, 'recv') },
  { call: 'FileDispatcher.send(data)', name: 'data', kind: 'data', run: call(file, 'send') },
  { call: 'new FileWrapper(fd)', name: 'fd', kind: 'count', or: ['a revoked Proxy'], run: make(FileWrapper) },
  { call: 'FileWrapper.recv(size)', name: 'size', kind: 'count', run: call(reader, 'recv') },
  { call: 'FileWrapper.read(size)', name: 'size', kind: 'count', run: call(reader, 'read') },
  { call: 'FileWrapper.recvInto(view)', name: 'view', kind: 'view', run: call(reader, 'recvInto') },
  { call: 'FileWrapper.send(data)', name: 'data', kind: 'data', run: call(writer, 'send') },
  { call: 'FileWrapper.write(data)', name: 'data', kind: 'data', run: call(writer, 'write') },
  { call: 'FileWrapper.setBlocking(on)', name: 'on', kind: 'boolean', run: call(reader, 'setBlocking') },
  {
    call: 'setTerminator(terminator)',
    name: 'terminator',
    kind: 'bytes',
    or: ["'3'", "''", 'null', '-0', 'a detached view', 'a view out of bounds'],
    run: call(chat, 'setTerminator'),
  },
  { call: 'push(data)', name: 'data', kind: 'data', run: call(chat, 'push') },
  { call: 'pushWithProducer(producer)', name: 'producer', kind: 'data', run: call(chat, 'pushWithProducer') },
  {
    call: '_collectIncomingData(data)',
    name: 'data',
    kind: 'bytes',
    or: ['a detached view', 'a view out of bounds'],
    run: call(chat, '_collectIncomingData'),
  },
  {
    call: 'acInBuffer = data',
    name: 'acInBuffer',
    kind: 'data',
    run: (value) => Reflect.set(chat, 'acInBuffer', value),
  },
];

describe.each(CHANNELS)('$call', (argument) => {
  test(`refuses invalid arguments: ${argument.name}`, () => expectRefusals(argument));
});

describe('any value at all', () => {
  const written: string[] = [];
  const quiet = (action: (value: unknown) => unknown) => (value: unknown) => {
    const { stdout, stderr } = process;
    const [out, err] = [stdout.write, stderr.write];
    stdout.write = stderr.write = (text: unknown) => written.push(String(text)) > 0;
    try {
      return action(value);
    } finally {
      [stdout.write, stderr.write] = [out, err];
    }
  };

  test('can be logged', async () => {
    const failed: unknown[] = [];
    const tried = (action: (value: unknown) => unknown) => (value: unknown) => {
      try {
        return action(value);
      } catch (error) {
        return failed.push(error);
      }
    };
    await expectNoHarm(quiet(tried((value) => dispatcher.log(value))));
    await expectNoHarm(quiet(tried((value) => dispatcher.logInfo(value))));
    expect(failed).toEqual([]);
    expect(written).toContain('log: Symbol(hostile)\n');
    expect(written).toContain('info: NaN\n');
  });

  test('can be thrown by a handler, and is shown in the line that is logged', async () => {
    const thrower = new Dispatcher(null, new Map());
    thrower.ignoreLogTypes = new Set(['warning']);
    uncaptured.most = Infinity;
    written.length = 0;
    await expectNoHarm(
      quiet((value) => {
        thrower.handleReadEvent = () => {
          throw value;
        };
        read(thrower);
      }),
    );
    expect(written.every((line) => line.startsWith('error: uncaptured exception, closing channel <'))).toBe(true);
    expect(written.length).toBeGreaterThan(30);
    expect(written.join('')).toContain('Symbol(hostile)');
  });

  test('has no traceback, and compactTraceback() says so', async () => {
    await expectNoHarm((value) => {
      expect(() => compactTraceback(value)).toThrow(expect.objectContaining({ code: 'ERR_ASSERTION' }));
    });
  });

  test.each(['acInBufferSize', 'acOutBufferSize'])('as %s ends in an error and not in a hang', async (name) => {
    const [left, right] = socketpair();
    await expectNoHarm((value) => {
      const each = new AsyncChat(null, new Map());
      each.setSocket(left);
      each.connected = true;
      each.setTerminator(null);
      Reflect.set(each, name, value);
      if (typeof value === 'number' && Number.isInteger(value) && value > 0) return;
      expect(() => (name === 'acInBufferSize' ? each.handleRead() : each.push('xx'))).toThrow(name);
    });
    for (const each of [left, right]) each.close();
  });
});
