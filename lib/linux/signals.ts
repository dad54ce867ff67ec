// Signals by name and number.
import { constants } from 'node:os';
import { integer } from '../system/arguments.ts';
import { CodedError } from '../system/errors.ts';

/** A signal by its name or its number. */
export type Signal = NodeJS.Signals | number;

const NUMBERS: ReadonlyMap<string, number> = new Map(Object.entries(constants.signals));
// Of two names, the first is the usual one.
const NAMES: ReadonlyMap<number, string> = new Map(
  [...NUMBERS].reverse().map(([name, number]): [number, string] => [number, name]),
);
/** The last of the real-time signals. */
const MOST = 64;

/** The number of a signal, from `least` on. */
export function signalNumber(signal: unknown, name: string, least = 1): number {
  if (typeof signal !== 'string') return integer(signal, name, least, MOST);
  const number = NUMBERS.get(signal);
  if (number === undefined) throw new CodedError('ERR_UNKNOWN_SIGNAL', `Unknown signal: ${signal.slice(0, 28)}`);
  return number;
}

/** `'SIGTERM'`, or `'SIG34'` for one that has no name. */
export function signalName(number: number): string {
  return NAMES.get(number) ?? `SIG${number}`;
}
