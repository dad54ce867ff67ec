// Values that an argument should not be, made anew for each call: some calls write into what they are
// given. The tests give them one at a time, check/arguments many at once.

/** Looks like the number 3 to whoever converts it; that is counted. */
export const convertible = {
  conversions: 0,
  valueOf() {
    convertible.conversions++;
    return 3;
  },
};

function detached(view: ArrayBufferView<ArrayBuffer>): unknown {
  structuredClone(view.buffer, { transfer: [view.buffer] });
  return view;
}

/** A view of bytes that its buffer has no longer. */
function outOfBounds(): unknown {
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

class Liar extends Uint8Array {
  override get length() {
    return 2 ** 30;
  }
  override get byteLength() {
    return 2 ** 30;
  }
}

const fail = (what: string) => (): never => {
  throw new Error(`${what} was called`);
};

/** Values that are wrong for most arguments, by what they are. */
export const HOSTILE: Readonly<Record<string, () => unknown>> = {
  NaN: () => Number.NaN,
  Infinity: () => Number.POSITIVE_INFINITY,
  '-Infinity': () => Number.NEGATIVE_INFINITY,
  '-1': () => -1,
  '1.5': () => 1.5,
  '2**31': () => 2 ** 31,
  '2**32+3': () => 2 ** 32 + 3,
  '2**53': () => 2 ** 53,
  '-(2**31)-1': () => -(2 ** 31) - 1,
  '-0': () => -0,
  "'3'": () => '3',
  "''": () => '',
  '3n': () => 3n,
  null: () => null,
  undefined: () => undefined,
  true: () => true,
  '{}': () => ({}),
  'an object without prototype': () => Object.create(null),
  '[]': () => [],
  '[3]': () => [3],
  'Symbol()': () => Symbol('hostile'),
  'a function': () => () => 3,
  'an object with valueOf()': () => convertible,
  'new Number(3)': () => Object(3),
  'a Date': () => new Date(3),
  'a Promise': () => Promise.resolve(3),
  'a view': () => new Uint8Array(8),
  'a DataView': () => new DataView(new ArrayBuffer(8)),
  'an ArrayBuffer': () => new ArrayBuffer(8),
  'a detached view': () => detached(new Uint8Array(8)),
  'a detached DataView': () => detached(new DataView(new ArrayBuffer(8))),
  'a view out of bounds': outOfBounds,
  'a SharedArrayBuffer': () => new SharedArrayBuffer(8),
  'a view of shared memory': () => new Uint8Array(new SharedArrayBuffer(8)),
  'a Proxy of {}': () => new Proxy({}, {}),
  'a Proxy of a view': () => new Proxy(new Uint8Array(8), {}),
  'a Proxy of a Map': () => new Proxy(new Map(), {}),
  'a revoked Proxy': revokedProxy,
};

const NUMBERS = [0, 1, 3, 255, 65536, 2 ** 24, 2 ** 31 - 1, 2 ** 32 - 1, 2 ** 53 + 2, -(2 ** 31), -(2 ** 53)];

/** Those, and others that are right for some arguments or whose properties throw. */
export const MORE_HOSTILE: readonly (() => unknown)[] = [
  ...Object.values(HOSTILE),
  ...[...NUMBERS, Number.MAX_VALUE, Number.MIN_VALUE].map((value) => () => value),
  () => 'x'.repeat(300),
  () => '\0name',
  () => 'a\0b',
  () => '\ud800',
  () => '127.0.0.1',
  () => '::1',
  () => -(2n ** 70n),
  () => false,
  () => ['127.0.0.1', 1],
  () => ['::1', 1, 2 ** 40, -1],
  () => new Array(2),
  () => class {},
  () => ({ valueOf: fail('valueOf()'), toString: fail('toString()') }),
  () => new Proxy({}, { get: fail('a getter'), has: fail('has') }),
  () => ({ fileno: () => 2 ** 31 - 1 }),
  () => ({ fd: -1 }),
  () => new Date(Number.NaN),
  () => new Uint8Array(new ArrayBuffer(64), 1, 7),
  () => new Int32Array(4),
  () => new Float64Array(2),
  () => new DataView(new ArrayBuffer(8), 3),
  () => new Uint8Array(0),
  () => new Liar(8),
  () => new Map(),
  () => new Map([[Number.NaN, 3]]),
];
