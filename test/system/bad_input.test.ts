// Wrong arguments of the functions that 'asyncore' exports: refused before anything is touched.
import { describe, test } from 'vitest';
import {
  type Channel,
  closeAll,
  exception,
  findPrefixAtEnd,
  loop,
  loopSync,
  poll,
  poll2,
  poll2Sync,
  poll3,
  poll3Sync,
  pollSync,
  read,
  readwrite,
  SimpleProducer,
  SystemError,
  write,
} from '../../lib/index.ts';
import { Dummy } from '../support/dummy.ts';
import { type Argument, expectRefusals } from '../support/hostile.ts';

const map = new Map<number, Channel>();
// The map of a loop knows of every change.
pollSync(0, map);
const idle = new Map<number, Channel>();

/** Calls past the types. */
const call =
  (target: object, method: string, ...before: unknown[]) =>
  (value: unknown): unknown =>
    Reflect.apply(Reflect.get(target, method), target, [...before, value]);
const make =
  (target: Parameters<typeof Reflect.construct>[0], ...before: unknown[]) =>
  (value: unknown): unknown =>
    Reflect.construct(target, [...before, value]);
const apply =
  (target: Parameters<typeof Reflect.apply>[0], ...before: unknown[]) =>
  (value: unknown): unknown =>
    Reflect.apply(target, undefined, [...before, value]);
const option =
  (target: typeof loop | typeof loopSync, name: string) =>
  (value: unknown): unknown =>
    Reflect.apply(target, undefined, [{ map: idle, [name]: value }]);

const LOOPS: Argument[] = [loop, loopSync].flatMap((each): Argument[] => [
  { call: `${each.name}(options)`, name: 'options', kind: 'nothing', or: OBJECTS(), run: apply(each) },
  {
    call: `${each.name}({ timeout })`,
    name: 'timeout',
    kind: 'seconds',
    or: ['undefined'],
    run: option(each, 'timeout'),
  },
  {
    call: `${each.name}({ usePoll })`,
    name: 'usePoll',
    kind: 'boolean',
    or: ['undefined'],
    run: option(each, 'usePoll'),
  },
  {
    call: `${each.name}({ backend })`,
    name: 'backend',
    kind: 'nothing',
    or: ['undefined'],
    run: option(each, 'backend'),
  },
  { call: `${each.name}({ map })`, name: 'map', kind: 'map', or: ['undefined'], run: option(each, 'map') },
  { call: `${each.name}({ count })`, name: 'count', kind: 'number', or: ['undefined'], run: option(each, 'count') },
  { call: `${each.name}({ signal })`, name: 'signal', kind: 'nothing', or: ['undefined'], run: option(each, 'signal') },
]);

/** Values that have none of the options, and so are none that is wrong. */
function OBJECTS(): string[] {
  return [
    'undefined',
    '{}',
    'an object without prototype',
    '[]',
    '[3]',
    'an object with valueOf()',
    'new Number(3)',
    'a Date',
    'a Promise',
    'a view',
    'a DataView',
    'an ArrayBuffer',
    'a detached view',
    'a detached DataView',
    'a view out of bounds',
    'a SharedArrayBuffer',
    'a view of shared memory',
    'a Proxy of {}',
    'a Proxy of a view',
    'a Proxy of a Map',
    'a revoked Proxy',
  ];
}

const PASSES: Argument[] = Object.entries({ poll, poll2, poll3, pollSync, poll2Sync, poll3Sync }).flatMap(
  ([name, each]): Argument[] => [
    {
      call: `${name}(timeout)`,
      name: 'timeout',
      kind: 'seconds',
      or: ['undefined'],
      run: (value) => Reflect.apply(each, undefined, [value, idle]),
    },
    { call: `${name}(0, map)`, name: 'map', kind: 'map', or: ['undefined'], run: apply(each, 0) },
  ],
);

const STEPS: Argument[] = Object.entries({ read, write, exception, readwrite }).map(([name, each]) => ({
  call: `${name}(channel)`,
  name: 'channel',
  kind: 'nothing',
  run: (value) => Reflect.apply(each, undefined, [value, 0]),
}));

const FUNCTIONS: Argument[] = [
  { call: 'readwrite(channel, flags)', name: 'flags', kind: 'flags', run: apply(readwrite, new Dummy()) },
  { call: 'closeAll(map)', name: 'map', kind: 'map', or: ['undefined'], run: apply(closeAll) },
  {
    call: 'closeAll(map, ignoreAll)',
    name: 'ignoreAll',
    kind: 'boolean',
    or: ['undefined'],
    run: apply(closeAll, idle),
  },
  {
    call: 'findPrefixAtEnd(haystack)',
    name: 'haystack',
    kind: 'data',
    run: (value) => apply(findPrefixAtEnd, value)('x'),
  },
  { call: 'findPrefixAtEnd(x, needle)', name: 'needle', kind: 'data', run: apply(findPrefixAtEnd, 'x') },
  { call: 'new SimpleProducer(data)', name: 'data', kind: 'data', run: make(SimpleProducer) },
  {
    call: 'new SimpleProducer(data, bufferSize)',
    name: 'bufferSize',
    kind: 'size',
    or: ['undefined'],
    run: make(SimpleProducer, 'x'),
  },
  {
    call: 'new SystemError(errno)',
    name: 'errno',
    kind: 'number',
    or: ['NaN'],
    run: (value) => make(SystemError, value)('x'),
  },
  { call: 'new SystemError(errno, syscall)', name: 'syscall', kind: 'text', run: make(SystemError, -1) },
  {
    call: 'new SystemError(errno, syscall, address)',
    name: 'address',
    kind: 'text',
    or: ['undefined', '[]', '[3]', 'a revoked Proxy'],
    run: make(SystemError, -1, 'x'),
  },
  { call: 'map.set(fd, channel)', name: 'fd', kind: 'count', run: (value) => call(map, 'set', value)(new Dummy()) },
];

describe.each([...LOOPS, ...PASSES, ...STEPS, ...FUNCTIONS])('$call', (argument) => {
  test(`refuses invalid arguments: ${argument.name}`, () => expectRefusals(argument));
});
