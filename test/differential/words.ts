// How a trace shows data and errors, in words that both sides use.
import { createHash } from 'node:crypto';
import { constants } from 'node:os';
import { ExitNow, SystemError } from '../../lib/index.ts';
import type { Failure, Text } from './scenario.ts';

/** What a scenario throws. */
export class Boom extends Error {}

export function bytesOf(text: Text): Buffer {
  return Buffer.from(typeof text === 'string' ? text : text.text.repeat(text.times), 'latin1');
}

/** Bytes as the trace shows them. */
export function show(data: Uint8Array): string {
  if (data.length <= 40) return JSON.stringify(Buffer.from(data).toString('latin1'));
  return `${data.length}:${createHash('sha1').update(data).digest('hex').slice(0, 8)}`;
}

export function kindOf(error: unknown): string {
  if (error instanceof ExitNow) return 'exit';
  if (error instanceof Boom) return 'boom';
  if (!(error instanceof Error && 'code' in error)) return 'other';
  if (error.code === 'ERR_METHOD_NOT_IMPLEMENTED') return 'not-implemented';
  return 'errno' in error && typeof error.code === 'string' ? error.code : 'other';
}

const ERRNO = new Map<string, number>(Object.entries(constants.errno));

export function failure(name: Failure): Error {
  if (name === 'boom') return new Boom();
  if (name === 'exit') return new ExitNow();
  return new SystemError(-(ERRNO.get(name) ?? 0), 'scenario');
}

/** The name of an errno as connectEx() returns it. */
export function errnoName(errno: number): string {
  return new SystemError(-errno, 'scenario').code;
}
