// Methods called on what they were not made for: a TypeError, and no descriptor touched.
import { afterAll, describe, expect, test } from 'vitest';
import { AsyncChat, Dispatcher, DispatcherWithSend, FileDispatcher, FileWrapper, pipe } from '../../lib/index.ts';
import { Poll } from '../../lib/select.ts';
import { Socket, socketpair } from '../../lib/socket.ts';
import { openDescriptors } from '../support/descriptors.ts';
import { thrownBy } from '../support/failure.ts';

const [reader, writer] = pipe();
const [local, peer] = socketpair();
const poller = new Poll();
const dispatcher = new Dispatcher(null, new Map());

afterAll(() => {
  for (const each of [reader, writer, local, peer]) each.close();
});

/** Everything on a class and on the classes that it extends: methods, getters and setters. */
function functionsOf(prototype: object): [string, (...args: unknown[]) => unknown][] {
  const functions: [string, (...args: unknown[]) => unknown][] = [];
  const base: unknown = Object.getPrototypeOf(prototype);
  if (base instanceof Object && base !== Object.prototype) functions.push(...functionsOf(base));
  for (const [name, { value, get, set }] of Object.entries(Object.getOwnPropertyDescriptors(prototype))) {
    if (name === 'constructor') continue;
    for (const [kind, each] of Object.entries({ value, get, set })) {
      if (typeof each === 'function') functions.push([kind === 'value' ? name : `${kind} ${name}`, each]);
    }
  }
  return functions;
}

/** Strangers to a class: nothing, numbers, look-alikes, proxies and instances of the other classes. */
function strangersTo(Class: { prototype: object }): [string, unknown][] {
  const instances: object[] = [reader, local, poller, dispatcher];
  const others = instances.filter((each) => !(each instanceof Object(Class)));
  const own = instances.filter((each) => each instanceof Object(Class));
  return [
    ['undefined', undefined],
    ['null', null],
    ['3', 3],
    ['a Symbol', Symbol('stranger')],
    ['{}', {}],
    ['an object with the prototype', Object.create(Class.prototype)],
    ['a copy', { ...own[0] }],
    ['the class', Class],
    ...others.map((each): [string, unknown] => [each.constructor.name, each]),
    ...own.map((each): [string, unknown] => ['a Proxy', new Proxy(each, {})]),
  ];
}

/** What only calls other methods, or asks for nothing of its own. */
const OPEN_TO_ALL = [
  'FileWrapper.toString',
  'Socket.toString',
  'FileWrapper.read',
  'FileWrapper.write',
  'FileWrapper.getsockopt',
  'Socket.getRecvBufferSize',
  'Socket.getSendBufferSize',
  'Socket.peerCredentials',
  'Socket.tcpInfo',
];
const WITH_DESCRIPTORS = [Socket, FileWrapper, Poll]
  .flatMap((Class) =>
    functionsOf(Class.prototype).map(([name, method]) => ({ name: `${Class.name}.${name}`, Class, method })),
  )
  .filter(({ name }) => !OPEN_TO_ALL.includes(name));
// Arguments that are right for a Socket, lest they be what is refused.
const RIGHT: Record<string, unknown[]> = {
  'Socket.bind': ['path'],
  'Socket.connect': ['path'],
  'Socket.connectEx': ['path'],
  'Socket.sendto': ['x', 'path'],
  'Socket.send': ['x'],
  'FileWrapper.send': ['x'],
  'FileWrapper.write': ['x'],
  'Socket.recvInto': [new Uint8Array(1)],
  'FileWrapper.recvInto': [new Uint8Array(1)],
  'Socket.setBlocking': [false],
  'FileWrapper.setBlocking': [false],
};

describe('classes that own descriptors', () => {
  test.each(WITH_DESCRIPTORS)('$name', async ({ name, Class, method }) => {
    const before = openDescriptors();
    for (const [who, stranger] of strangersTo(Class)) {
      let error: unknown;
      try {
        await Reflect.apply(method, stranger, RIGHT[name] ?? [1, 1, 1]);
      } catch (thrown) {
        error = thrown;
      }
      expect(error, `called on ${who}`).toBeInstanceOf(TypeError);
    }
    expect(openDescriptors()).toEqual(before);
  });
});

test('a constructor without new, or a handle from outside, makes nothing', () => {
  for (const Class of [Socket, FileWrapper, Poll, Dispatcher, AsyncChat]) {
    expect(() => Reflect.apply(Class, {}, [])).toThrow(TypeError);
  }
  class Adopted {
    origin = { handle: 16777216, family: 1, type: 1 };
    handle = 16777216;
  }
  expect(() => Reflect.construct(Socket, [new Adopted()])).toThrow(TypeError);
  expect(() => Reflect.construct(FileWrapper, [new Adopted()])).toThrow(TypeError);
});

describe('channels', () => {
  const classes = [Dispatcher, DispatcherWithSend, FileDispatcher, AsyncChat];
  const seen = new Set<unknown>();
  const methods = classes
    .flatMap((Class) =>
      functionsOf(Class.prototype).map(([name, method]) => ({ name: `${Class.name}.${name}`, method })),
    )
    .filter(({ method }) => !seen.has(method) && seen.add(method));

  test('private parts throw a TypeError', () => {
    for (const name of ['fileno', 'close', 'delChannel', 'setSocket', 'accept']) {
      const method = methods.find((each) => each.name === `Dispatcher.${name}`)?.method;
      if (method === undefined) throw new Error(`no method ${name}`);
      for (const [who, stranger] of strangersTo(Dispatcher)) {
        expect(
          thrownBy(() => Reflect.apply(method, stranger, [local])),
          `${name} on ${who}`,
        ).toBeInstanceOf(TypeError);
      }
    }
  });

  test.each(['send', 'recv', 'listen', 'bind'])('%s() of a copy finds no socket', (name) => {
    const method = methods.find((each) => each.name === `Dispatcher.${name}`)?.method;
    if (method === undefined) throw new Error(`no method ${name}`);
    expect(thrownBy(() => Reflect.apply(method, { ...dispatcher }, [local]))).toMatchObject({ code: 'ERR_NO_SOCKET' });
  });

  test.each(methods)('$name does no harm', ({ method }) => {
    const before = openDescriptors();
    const { write } = process.stderr;
    process.stderr.write = () => true;
    for (const stranger of [undefined, null, 3, {}, Object.create(AsyncChat.prototype), poller]) {
      for (const args of [[], ['x'], [1]]) {
        // Some promise the error.
        thrownBy(() => void Promise.resolve(Reflect.apply(method, stranger, args)).catch(() => {}));
      }
    }
    process.stderr.write = write;
    expect(openDescriptors()).toEqual(before);
  });
});
