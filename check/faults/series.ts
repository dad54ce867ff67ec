// All faults that are to be tried, in one order that every process agrees on.
import { constants } from 'node:os';
import { ALL_THAT_MOVE, CALLS, type CallName, type Order } from './control.ts';
import { ERRORS } from './errors.ts';

export type Kind = 'passing' | 'lasting' | 'untrue' | 'short';

/** One fault, at every index. */
export interface Series {
  call: Order['call'];
  error: string;
  kind: Kind;
  once: boolean;
  /** The error's number; 0 moves one byte. */
  errno: number;
}

/** What only happens once in the life of a process needs a process of its own. */
export const ONCE_A_PROCESS: ReadonlySet<string> = new Set(['eventfd', 'pthread_create']);
const MOVING: readonly CallName[] = ['recv', 'send', 'read', 'write'];
/** Those that Node has no names for, as Linux numbers them. */
const OTHERS: Readonly<Record<string, number>> = { EHOSTDOWN: 112, ENONET: 64 };

function errnoOf(error: string): number {
  const errno = Object.entries(constants.errno).find(([name]) => name === error)?.[1] ?? OTHERS[error];
  if (errno === undefined) throw new Error(`no number for ${error}`);
  return errno;
}

function bothWays(call: CallName, kind: Kind, error: string): Series[] {
  const errno = errnoOf(error);
  return [
    { call, error, errno, kind, once: true },
    { call, error, errno, kind, once: false },
  ];
}

export const ALL_SERIES: readonly Series[] = [
  ...CALLS.flatMap((call) =>
    (['passing', 'lasting', 'untrue'] as const).flatMap((kind) =>
      (ERRORS[call][kind] ?? []).flatMap((error) => bothWays(call, kind, error)),
    ),
  ),
  ...MOVING.map((call): Series => ({ call, error: 'one byte', errno: 0, kind: 'short', once: true })),
  { call: ALL_THAT_MOVE, error: 'one byte', errno: 0, kind: 'short', once: false },
];
