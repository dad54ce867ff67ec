// Values that are wrong for an argument, and the check that each is rejected properly: with a TypeError
// or RangeError like Node's that names the argument, and without side effects.
import { expect } from 'vitest';
import { openDescriptors } from './descriptors.ts';

let conversions = 0;

/** Looks like the number 3 when converted; conversions are counted. */
const convertible = {
  valueOf() {
    conversions++;
    return 3;
  },
};

function detachedView(): Uint8Array {
  const view = new Uint8Array(8);
  structuredClone(view, { transfer: [view.buffer] });
  return view;
}

function detachedDataView(): DataView {
  const view = new DataView(new ArrayBuffer(8));
  structuredClone(view.buffer, { transfer: [view.buffer] });
  return view;
}

/** A view of bytes that its buffer no longer has. */
function viewOutOfBounds(): unknown {
  const buffer: unknown = Reflect.construct(ArrayBuffer, [16, { maxByteLength: 32 }]);
  if (!(buffer instanceof ArrayBuffer)) throw new Error('no buffer');
  const view = new Uint8Array(buffer, 8, 8);
  Reflect.apply(Reflect.get(buffer, 'resize'), buffer, [4]);
  return view;
}

function revokedProxy(): unknown {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
}

const VALUES: Record<string, unknown> = {
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  '-Infinity': Number.NEGATIVE_INFINITY,
  '-1': -1,
  '1.5': 1.5,
  '2**31': 2 ** 31,
  '2**32+3': 2 ** 32 + 3,
  '2**53': 2 ** 53,
  '-(2**31)-1': -(2 ** 31) - 1,
  '-0': -0,
  "'3'": '3',
  "''": '',
  '3n': 3n,
  null: null,
  undefined: undefined,
  true: true,
  '{}': {},
  'an object without prototype': Object.create(null),
  '[]': [],
  '[3]': [3],
  'Symbol()': Symbol('hostile'),
  'a function': () => 3,
  'an object with valueOf()': convertible,
  'new Number(3)': Object(3),
  'a Date': new Date(3),
  'a Promise': Promise.resolve(3),
  'a view': new Uint8Array(8),
  'a DataView': new DataView(new ArrayBuffer(8)),
  'an ArrayBuffer': new ArrayBuffer(8),
  'a detached view': detachedView(),
  'a detached DataView': detachedDataView(),
  'a view out of bounds': viewOutOfBounds(),
  'a SharedArrayBuffer': new SharedArrayBuffer(8),
  'a view of shared memory': new Uint8Array(new SharedArrayBuffer(8)),
  'a Proxy of {}': new Proxy({}, {}),
  'a Proxy of a view': new Proxy(new Uint8Array(8), {}),
  'a Proxy of a Map': new Proxy(new Map(), {}),
  'a revoked Proxy': revokedProxy(),
};

const NUMBERS = ['NaN', 'Infinity', '-Infinity', '-1', '1.5', '2**31', '2**32+3', '2**53', '-(2**31)-1', '-0'];
const VIEWS = ['a view', 'a DataView', 'a view of shared memory'];

const NONE: readonly string[] = [];

/** Which of the values above each kind of argument accepts. */
export const MAY_BE = {
  /** An integer from 0 to 2**31-1. */
  count: ['-0'],
  /** Any 32 bits. */
  flags: ['-0', '-1'],
  /** An integer from 1 to 2**31-1. */
  size: NONE,
  /** A number that is not NaN. */
  number: NUMBERS.filter((name) => name !== 'NaN'),
  seconds: ['Infinity', '1.5', '2**31', '2**32+3', '2**53', '-0', 'null'],
  boolean: ['true'],
  data: ["'3'", "''", ...VIEWS],
  view: VIEWS,
  bytes: ['a view', 'a view of shared memory'],
  map: NONE,
  /** A list of descriptors. */
  list: [
    '[]',
    '[3]',
    'a detached view',
    'a view out of bounds',
    'a view',
    'a view of shared memory',
    'a Proxy of a view',
    'a Proxy of a Map',
  ],
  address: NONE,
  path: ["'3'", "''"],
  nothing: NONE,
  text: ["'3'", "''"],
  anything: Object.keys(VALUES),
};

export interface Argument {
  /** The call as a failure shows it. */
  readonly call: string;
  /** The argument's name in messages. */
  readonly name: string;
  readonly kind: keyof typeof MAY_BE;
  /** Other values that it accepts. */
  readonly or?: readonly string[];
  run(value: unknown): unknown;
}

async function refusalOf(run: (value: unknown) => unknown, value: unknown): Promise<unknown> {
  try {
    await run(value);
  } catch (error) {
    return error;
  }
  return undefined;
}

/** Passes every value that the argument must reject. */
export async function expectRefusals({ call, name, kind, or = [], run }: Argument): Promise<void> {
  const before = openDescriptors();
  conversions = 0;
  for (const [what, value] of Object.entries(VALUES)) {
    if (MAY_BE[kind].includes(what) || or.includes(what)) continue;
    const error = await refusalOf(run, value);
    const where = `${call} with ${what}: ${error instanceof Error ? error.stack : String(error)}`;
    expect(error instanceof TypeError || error instanceof RangeError, where).toBe(true);
    // The engine itself rejects one, with its own TypeError.
    if (what === 'a revoked Proxy') continue;
    expect(error, where).toMatchObject({ code: expect.stringMatching(/^ERR_/) });
    expect(error instanceof Error ? error.message : '', where).toContain(`"${name}`);
  }
  expect(conversions, `${call} converts objects to numbers`).toBe(0);
  expect(openDescriptors(), call).toEqual(before);
}

/** Passes every value, for calls that accept any: none may crash or leave anything open. */
export async function expectNoHarm(run: (value: unknown) => unknown): Promise<void> {
  const before = openDescriptors();
  for (const value of Object.values(VALUES)) await refusalOf(run, value);
  expect(openDescriptors()).toEqual(before);
}
