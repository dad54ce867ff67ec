// Wrong arguments of everything that 'asyncore/socket' and 'asyncore/select' export: refused before
// anything is touched. And views of every kind, which are none.
import { afterAll, describe, expect, test } from 'vitest';
import { POLLIN, Poll, select, selectSync } from '../../lib/select.ts';
import { AF_UNIX, SO_REUSEADDR, SOCK_STREAM, SOL_SOCKET, Socket, socketpair } from '../../lib/socket.ts';
import { type Argument, expectRefusals } from '../support/hostile.ts';

const [local, peer] = socketpair();
const inet = new Socket();
const poller = new Poll();
poller.register(local, POLLIN);

afterAll(() => {
  for (const each of [local, peer, inet]) each.close();
});

/** A method with arguments before and after the one that is wrong, past the types. */
const method =
  (target: object, name: string, before: unknown[] = [], after: unknown[] = []) =>
  (value: unknown): unknown =>
    Reflect.apply(Reflect.get(target, name), target, [...before, value, ...after]);
const make =
  (...before: unknown[]) =>
  (value: unknown): unknown =>
    Reflect.construct(Socket, [...before, value]);

const level = SOL_SOCKET;
const option = SO_REUSEADDR;

const SOCKETS: Argument[] = [
  { call: 'new Socket(family)', name: 'family', kind: 'nothing', or: ['-0', 'undefined'], run: make() },
  { call: 'new Socket(family, type)', name: 'type', kind: 'nothing', or: ['-0', 'undefined'], run: make(AF_UNIX) },
  {
    call: 'new Socket(family, type, protocol)',
    name: 'protocol',
    kind: 'nothing',
    or: ['-0', 'undefined'],
    run: make(AF_UNIX, SOCK_STREAM),
  },
  { call: 'Socket.fromFd(fd)', name: 'fd', kind: 'count', run: method(Socket, 'fromFd') },
  {
    call: 'socketpair(family)',
    name: 'family',
    kind: 'nothing',
    or: ['-0', 'undefined'],
    run: method({ socketpair }, 'socketpair'),
  },
  {
    call: 'socketpair(family, type)',
    name: 'type',
    kind: 'nothing',
    or: ['-0', 'undefined'],
    run: method({ socketpair }, 'socketpair', [AF_UNIX]),
  },
  { call: 'bind(address)', name: 'address', kind: 'address', run: method(inet, 'bind') },
  { call: 'bind(path)', name: 'address', kind: 'path', run: method(local, 'bind') },
  { call: 'listen(backlog)', name: 'backlog', kind: 'count', or: ['undefined'], run: method(inet, 'listen') },
  { call: 'connect(address)', name: 'address', kind: 'address', run: method(inet, 'connect') },
  { call: 'connect(path)', name: 'address', kind: 'path', run: method(local, 'connect') },
  { call: 'connectEx(address)', name: 'address', kind: 'address', run: method(inet, 'connectEx') },
  ...['127.0.0.1', '::1'].map(
    (host): Argument => ({
      call: `connectEx([${host}, port])`,
      name: 'address[1]',
      kind: 'count',
      run: (port) => method(inet, 'connectEx')([host, port]),
    }),
  ),
  {
    call: 'connectEx([host, 80])',
    name: 'address[0]',
    kind: 'nothing',
    run: (host) => method(inet, 'connectEx')([host || 1, 80]),
  },
  {
    call: 'connectEx([host, 80, flowinfo])',
    name: 'address[2]',
    kind: 'count',
    or: ['undefined'],
    run: (flow) => method(inet, 'connectEx')(['::1', 80, flow]),
  },
  {
    call: 'connectEx([host, 80, 0, scopeid])',
    name: 'address[3]',
    kind: 'count',
    or: ['undefined'],
    run: (scope) => method(inet, 'connectEx')(['::1', 80, 0, scope]),
  },
  { call: 'send(data)', name: 'data', kind: 'data', run: method(local, 'send') },
  { call: 'send(data, flags)', name: 'flags', kind: 'flags', or: ['undefined'], run: method(local, 'send', ['x']) },
  { call: 'sendto(data, address)', name: 'data', kind: 'data', run: method(local, 'sendto', [], ['path']) },
  {
    call: 'sendto(x, path)',
    name: 'address',
    kind: 'path',
    or: ['-0', '-1'],
    run: past(method(local, 'sendto', ['x'])),
  },
  { call: 'sendto(x, flags, path)', name: 'address', kind: 'path', run: method(local, 'sendto', ['x', 0]) },
  { call: 'sendto(x, flags, address)', name: 'address', kind: 'address', run: method(inet, 'sendto', ['x', 0]) },
  { call: 'recv(size)', name: 'size', kind: 'count', run: method(local, 'recv') },
  { call: 'recv(size, flags)', name: 'flags', kind: 'flags', or: ['undefined'], run: method(local, 'recv', [1]) },
  { call: 'recvfrom(size)', name: 'size', kind: 'count', run: method(local, 'recvfrom') },
  {
    call: 'recvfrom(size, flags)',
    name: 'flags',
    kind: 'flags',
    or: ['undefined'],
    run: method(local, 'recvfrom', [1]),
  },
  { call: 'recvInto(view)', name: 'view', kind: 'view', run: method(local, 'recvInto') },
  {
    call: 'recvInto(view, flags)',
    name: 'flags',
    kind: 'flags',
    or: ['undefined'],
    run: method(local, 'recvInto', [new Uint8Array(1)]),
  },
  { call: 'getsockopt(level)', name: 'level', kind: 'count', run: method(local, 'getsockopt', [], [option]) },
  { call: 'getsockopt(level, name)', name: 'name', kind: 'count', run: method(local, 'getsockopt', [level]) },
  {
    call: 'getsockopt(level, name, length)',
    name: 'length',
    kind: 'count',
    or: ['undefined'],
    run: method(local, 'getsockopt', [level, option]),
  },
  { call: 'setsockopt(level)', name: 'level', kind: 'count', run: method(local, 'setsockopt', [], [option, 1]) },
  { call: 'setsockopt(level, name)', name: 'name', kind: 'count', run: method(local, 'setsockopt', [level], [1]) },
  {
    call: 'setsockopt(level, name, value)',
    name: 'value',
    kind: 'view',
    or: ['-0', '-1'],
    run: method(local, 'setsockopt', [level, option]),
  },
  { call: 'shutdown(how)', name: 'how', kind: 'count', run: method(inet, 'shutdown') },
  { call: 'setBlocking(on)', name: 'on', kind: 'boolean', run: method(local, 'setBlocking') },
];

/** Numbers are flags where an address may be left out; they are refused under that name. */
function past(run: (value: unknown) => unknown): (value: unknown) => unknown {
  return (value) => run(typeof value === 'number' ? {} : value);
}

const lists = ['r', 'w', 'x'].flatMap((name, index): Argument[] =>
  [select, selectSync].map((each) => ({
    call: `${each.name}(${name})`,
    name,
    kind: 'list',
    run: (value) => {
      const all: unknown[] = [[], [], []];
      all[index] = value;
      return Reflect.apply(each, undefined, [...all, 0]);
    },
  })),
);
const items = [select, selectSync].map(
  (each): Argument => ({
    call: `${each.name}([fd])`,
    name: 'r[1]',
    kind: 'count',
    run: (value) => Reflect.apply(each, undefined, [[local, value], [], [], 0]),
  }),
);
const waits = [
  { name: 'select', run: (timeout: unknown) => Reflect.apply(select, undefined, [[], [], [], timeout]) },
  { name: 'selectSync', run: (timeout: unknown) => Reflect.apply(selectSync, undefined, [[], [], [], timeout]) },
  { name: 'poll', run: method(poller, 'poll') },
  { name: 'pollSync', run: method(poller, 'pollSync') },
].map(
  ({ name, run }): Argument => ({ call: `${name}(timeout)`, name: 'timeout', kind: 'seconds', or: ['undefined'], run }),
);
const polls: Argument[] = ['register', 'modify', 'unregister'].flatMap((name) => [
  { call: `${name}(fd)`, name: 'fd', kind: 'count', run: method(poller, name, [], [POLLIN]) },
  {
    call: `${name}({ fileno })`,
    name: 'fd.fileno()',
    kind: 'count',
    run: (value) => method(poller, name, [], [POLLIN])({ fileno: () => value }),
  },
]);
const masks: Argument[] = [
  {
    call: 'register(fd, mask)',
    name: 'mask',
    kind: 'count',
    or: ['undefined'],
    run: method(poller, 'register', [local]),
  },
  { call: 'modify(fd, mask)', name: 'mask', kind: 'count', run: method(poller, 'modify', [local]) },
];

describe.each([...SOCKETS, ...lists, ...items, ...waits, ...polls, ...masks])('$call', (argument) => {
  test(`refuses invalid arguments: ${argument.name}`, () => expectRefusals(argument));
});

test('after all that, the sockets are as they were', () => {
  expect(local.getBlocking()).toBe(false);
  expect(inet.fileno()).toBeGreaterThan(2);
  expect(peer.send('x')).toBe(1);
  expect(local.recv(2).toString()).toBe('x');
  expect(() => peer.recv(1)).toThrow(expect.objectContaining({ code: 'EAGAIN' }));
  expect(poller.pollSync(0)).toEqual([]);
});

describe('views of every kind', () => {
  interface Kind {
    new (buffer: ArrayBufferLike, offset: number, length: number): ArrayBufferView;
    readonly BYTES_PER_ELEMENT: number;
    readonly name: string;
  }
  const arrays: Kind[] = [
    Int8Array,
    Uint8Array,
    Uint8ClampedArray,
    Int16Array,
    Uint32Array,
    Float64Array,
    BigInt64Array,
  ];
  const kinds = [
    ...arrays.map((Kind) => ({
      name: Kind.name,
      make: (buffer: ArrayBufferLike): ArrayBufferView => new Kind(buffer, 8, 8 / Kind.BYTES_PER_ELEMENT),
    })),
    { name: 'DataView', make: (buffer: ArrayBufferLike): ArrayBufferView => new DataView(buffer, 8, 8) },
  ];
  for (const Memory of [ArrayBuffer, SharedArrayBuffer]) {
    test.each(kinds)(`$name on ${Memory.name} is read and written byte for byte`, ({ make }) => {
      const sent = new Memory(24);
      new Uint8Array(sent).set(Array.from({ length: 24 }, (_, i) => i));
      expect(local.send(make(sent))).toBe(8);
      const received = new Memory(24);
      expect(peer.recvInto(make(received))).toBe(8);
      expect([...new Uint8Array(received)].slice(8, 16)).toEqual([8, 9, 10, 11, 12, 13, 14, 15]);
      expect([...new Uint8Array(received)].reduce((sum, byte) => sum + byte)).toBe(92);
    });
  }

  test('a view that lies about its length does no harm', () => {
    class Liar extends Uint8Array {
      override get length() {
        return 2 ** 30;
      }
      override get byteLength() {
        return 2 ** 30;
      }
    }
    const memory = new ArrayBuffer(64);
    local.send('x'.repeat(32));
    expect(peer.recvInto(new Liar(memory, 0, 8))).toBe(8);
    expect(new Uint8Array(memory).filter((byte) => byte === 0)).toHaveLength(56);
    expect(local.send(new Liar(memory, 0, 8))).toBe(8);
    expect(peer.recv(100)).toHaveLength(32);
  });
});
