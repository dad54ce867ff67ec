// Values that an argument should not be, and calls made of them.
import type { Random } from '../stale/random.ts';

function detached(make: (buffer: ArrayBuffer) => ArrayBufferView): ArrayBufferView {
  const buffer = new ArrayBuffer(8);
  const view = make(buffer);
  structuredClone(buffer, { transfer: [buffer] });
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

const throwing = {
  valueOf() {
    throw new Error('valueOf() was called');
  },
  toString() {
    throw new Error('toString() was called');
  },
};

const trap = new Proxy(
  {},
  {
    get() {
      throw new Error('a getter was called');
    },
    has() {
      throw new Error('has was called');
    },
  },
);

export const NUMBERS: readonly number[] = [
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  -0,
  0,
  -1,
  1,
  1.5,
  3,
  255,
  65536,
  2 ** 24,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 32 - 1,
  2 ** 32 + 3,
  2 ** 53,
  2 ** 53 + 2,
  -(2 ** 31),
  -(2 ** 31) - 1,
  -(2 ** 53),
  Number.MAX_VALUE,
  Number.MIN_VALUE,
];

/** Made anew for each call: some calls write into what they are given. */
const MAKERS: readonly (() => unknown)[] = [
  ...NUMBERS.map((value) => () => value),
  () => '',
  () => '3',
  () => 'x'.repeat(300),
  () => '\0name',
  () => 'a\0b',
  () => '\ud800',
  () => '127.0.0.1',
  () => '::1',
  () => 3n,
  () => -(2n ** 70n),
  () => null,
  () => undefined,
  () => true,
  () => false,
  () => ({}),
  () => Object.create(null),
  () => [],
  () => [3],
  () => ['127.0.0.1', 1],
  () => ['::1', 1, 2 ** 40, -1],
  () => new Array(2),
  () => Symbol('hostile'),
  () => () => 3,
  () => class {},
  () => throwing,
  () => trap,
  () => ({ fileno: () => 2 ** 31 - 1 }),
  () => ({ fd: -1 }),
  () => Object(3),
  () => new Date(Number.NaN),
  () => Promise.resolve(3),
  () => new Uint8Array(8),
  () => new Uint8Array(new ArrayBuffer(64), 1, 7),
  () => new Int32Array(4),
  () => new Float64Array(2),
  () => new DataView(new ArrayBuffer(8), 3),
  () => new Uint8Array(0),
  () => new ArrayBuffer(8),
  () => new SharedArrayBuffer(8),
  () => new Uint8Array(new SharedArrayBuffer(8)),
  () => detached((buffer) => new Uint8Array(buffer)),
  () => detached((buffer) => new DataView(buffer)),
  outOfBounds,
  () => new Liar(8),
  () => new Map(),
  () => new Map([[Number.NaN, 3]]),
  () => new Proxy(new Map(), {}),
  () => new Proxy(new Uint8Array(8), {}),
  revokedProxy,
];

export function hostile(random: Random): unknown {
  return random.pick(MAKERS)?.();
}

/** What a call was made with, in words. */
export function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 20));
  if (typeof value === 'bigint') return `${value}n`;
  if (Object.is(value, -0)) return '-0';
  if (typeof value === 'object' || typeof value === 'function') return value === null ? 'null' : typeof value;
  return String(value);
}
