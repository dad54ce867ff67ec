// The check that an argument is refused as it should be: with a TypeError or RangeError of Node's kind
// that names the argument, and nothing touched.
import { expect } from 'vitest';
import { openDescriptors } from './descriptors.ts';
import { convertible, HOSTILE } from './hostile_values.ts';

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
  path: ["'3'", "''", 'a view', 'a view of shared memory'],
  nothing: NONE,
  text: ["'3'", "''"],
  anything: Object.keys(HOSTILE),
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
  convertible.conversions = 0;
  for (const [what, make] of Object.entries(HOSTILE)) {
    if (MAY_BE[kind].includes(what) || or.includes(what)) continue;
    const error = await refusalOf(run, make());
    const where = `${call} with ${what}: ${error instanceof Error ? error.stack : String(error)}`;
    expect(error instanceof TypeError || error instanceof RangeError, where).toBe(true);
    // The engine itself rejects one, with its own TypeError.
    if (what === 'a revoked Proxy') continue;
    expect(error, where).toMatchObject({ code: expect.stringMatching(/^ERR_/) });
    expect(error instanceof Error ? error.message : '', where).toContain(`"${name}`);
  }
  expect(convertible.conversions, `${call} converts objects to numbers`).toBe(0);
  expect(openDescriptors(), call).toEqual(before);
}

/** Passes every value, for calls that accept any: none may crash or leave anything open. */
export async function expectNoHarm(run: (value: unknown) => unknown): Promise<void> {
  const before = openDescriptors();
  for (const make of Object.values(HOSTILE)) await refusalOf(run, make());
  expect(openDescriptors()).toEqual(before);
}
