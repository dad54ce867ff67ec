// open(2) by Node's flags: the file is owned, close-on-exec, and never blocks.
import { constants } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { types } from 'node:util';
import { bytesOf, integer } from '../system/arguments.ts';
import { invalidType, invalidValue, systemError } from '../system/errors.ts';
import { native } from '../system/native.ts';
import { textOfBytes } from '../system/text.ts';
import { Adopted } from './adopted.ts';

/** The path of a file: text, bytes where it is not UTF-8, or a `file:` URL. */
export type FilePath = string | Uint8Array | URL;

const { O_APPEND, O_CREAT, O_EXCL, O_RDONLY, O_RDWR, O_SYNC, O_TRUNC, O_WRONLY } = constants;

/** The flags of Node's fs.open(). */
const FLAGS: ReadonlyMap<string, number> = new Map([
  ['r', O_RDONLY],
  ['rs', O_RDONLY | O_SYNC],
  ['r+', O_RDWR],
  ['rs+', O_RDWR | O_SYNC],
  ['w', O_TRUNC | O_CREAT | O_WRONLY],
  ['wx', O_TRUNC | O_CREAT | O_WRONLY | O_EXCL],
  ['w+', O_TRUNC | O_CREAT | O_RDWR],
  ['wx+', O_TRUNC | O_CREAT | O_RDWR | O_EXCL],
  ['a', O_APPEND | O_CREAT | O_WRONLY],
  ['ax', O_APPEND | O_CREAT | O_WRONLY | O_EXCL],
  ['as', O_APPEND | O_CREAT | O_WRONLY | O_SYNC],
  ['a+', O_APPEND | O_CREAT | O_RDWR],
  ['ax+', O_APPEND | O_CREAT | O_RDWR | O_EXCL],
  ['as+', O_APPEND | O_CREAT | O_RDWR | O_SYNC],
]);

function flagsOf(flags: unknown): number {
  if (typeof flags === 'number') return integer(flags, 'flags');
  if (typeof flags !== 'string') throw invalidType('flags', 'of type string or number', flags);
  const number = FLAGS.get(flags);
  if (number === undefined) throw invalidValue('flags', "one of fs.open()'s, such as 'r' or 'w'", flags);
  return number;
}

/** The path as the addon takes it, checked. */
export function pathOf(path: unknown, name: string): string | Uint8Array {
  const plain = path instanceof URL ? fileURLToPath(path) : path;
  if (typeof plain !== 'string' && !types.isUint8Array(plain)) {
    throw invalidType(name, 'of type string or an instance of Uint8Array or URL', path);
  }
  if (bytesOf(plain, name).includes(0)) throw invalidValue(name, 'a path without NUL characters', path);
  return plain;
}

/** A path as shown in errors. */
export function shownPath(path: string | Uint8Array): string {
  return typeof path === 'string' ? path : textOfBytes(path);
}

export function openFile(path: unknown, flags: unknown, mode: unknown): Adopted {
  const plain = pathOf(path, 'path');
  const handle = native.openFile(plain, flagsOf(flags), integer(mode, 'mode', 0, 0o7777));
  if (handle < 0) throw systemError(handle, 'open', shownPath(plain));
  return new Adopted(handle);
}
