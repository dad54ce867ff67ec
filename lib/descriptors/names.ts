// IP addresses and the names of interfaces as numbers, and back: Python's socket.inet_pton() and kin.
import { Buffer } from 'node:buffer';
import { isIP } from 'node:net';
import { bytesOf, integer } from '../system/arguments.ts';
import { AF_INET, AF_INET6 } from '../system/constants.ts';
import { check, invalidType, invalidValue, systemError } from '../system/errors.ts';
import { native } from '../system/native.ts';

/** The number of bytes of an address. */
function sizeOf(family: unknown): number {
  if (family === AF_INET) return 4;
  if (family === AF_INET6) return 16;
  throw invalidValue('family', 'AF_INET or AF_INET6', family);
}

/** inet_pton(3): the 4 or 16 bytes of an IP address. */
export function inetPton(family: number, text: string): Buffer {
  const size = sizeOf(family);
  const version = size === 4 ? 4 : 6;
  if (typeof text !== 'string' || isIP(text) !== version || text.includes('%')) {
    throw invalidValue('text', `an IPv${version} address`, text);
  }
  const bytes = Buffer.alloc(size);
  check(native.inetPton(family, text, bytes), 'inet_pton');
  return bytes;
}

/** inet_ntop(3): the text of an IP address of 4 or 16 bytes. */
export function inetNtop(family: number, bytes: Uint8Array): string {
  const size = sizeOf(family);
  const address = bytesOf(bytes, 'bytes');
  if (typeof bytes === 'string' || address.length !== size) throw invalidValue('bytes', `${size} bytes`, bytes);
  const text = native.inetNtop(family, address);
  if (typeof text === 'number') throw systemError(text, 'inet_ntop');
  return text;
}

/** if_nametoindex(3): the number of a network interface; `ENODEV` if there is none of that name. */
export function ifNameToIndex(name: string): number {
  if (typeof name !== 'string') throw invalidType('name', 'of type string', name);
  if (name.includes('\0')) throw invalidValue('name', 'a name without NUL characters', name);
  return check(native.interfaceIndex(name), 'if_nametoindex');
}

/** if_indextoname(3): the name of a network interface; `ENXIO` if there is none of that number. */
export function ifIndexToName(index: number): string {
  const name = native.interfaceName(integer(index, 'index'));
  if (typeof name === 'number') throw systemError(name, 'if_indextoname');
  return name;
}
