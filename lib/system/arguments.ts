// Argument checks, made before a value is narrowed to what the system takes: a wrong type is a
// TypeError, a wrong value a RangeError, each with Node's code and the argument's name.
import { Buffer } from 'node:buffer';
import { invalidType, invalidValue, outOfRange } from './errors.ts';
import { bytesIn, isHonest } from './views.ts';

/** Data to send: text or any ArrayBufferView. */
export type Data = string | ArrayBufferView;

const INT_MAX = 2 ** 31 - 1;

/** The same options for a call that must not take what somebody added to Object.prototype for one. */
export function bare<T extends object>(options: T): T {
  return Object.assign(Object.create(null), options);
}

export function integer(value: unknown, name: string, least = 0, most = INT_MAX): number {
  if (typeof value !== 'number') throw invalidType(name, 'of type number', value);
  if (!Number.isInteger(value)) throw outOfRange(name, 'an integer', value);
  if (value < least || value > most) throw outOfRange(name, `>= ${least} && <= ${most}`, value);
  return value;
}

/** What is to be true or false, and nothing that would pass for one of them. */
export function boolean(value: unknown, name: string): boolean {
  if (typeof value !== 'boolean') throw invalidType(name, 'of type boolean', value);
  return value;
}

/** A number of seconds; null, undefined and Infinity wait forever. */
export function seconds(value: unknown, name: string): number {
  if (value === null || value === undefined) return Infinity;
  if (typeof value !== 'number') throw invalidType(name, 'of type number or null', value);
  if (!(value >= 0)) throw outOfRange(name, '>= 0', value);
  return value;
}

/** The bytes of a view, not copied, for the system to write into. */
export function writableBytes(value: unknown, name: string): Uint8Array {
  if (isHonest(value) && value.length > 0) return value;
  if (!ArrayBuffer.isView(value)) throw invalidType(name, 'an instance of ArrayBufferView', value);
  const bytes = bytesIn(value);
  if (bytes === undefined) throw invalidValue(name, 'a view whose buffer is not detached', value);
  return bytes;
}

/** The bytes of `data`; a view is not copied, text is encoded. */
export function bytesOf(data: unknown, name: string, encoding: BufferEncoding = 'utf8'): Uint8Array {
  if (isHonest(data) && data.length > 0) return data;
  if (typeof data === 'string') return Buffer.from(data, encoding);
  if (ArrayBuffer.isView(data)) return writableBytes(data, name);
  throw invalidType(name, 'of type string or an instance of ArrayBufferView', data);
}
