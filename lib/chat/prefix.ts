// find_prefix_at_end() of asynchat.
import { bytesOf, type Data } from '../system/arguments.ts';

/**
 * The length in bytes of the longest proper prefix of `needle` that `haystack` ends with. Assumes
 * that `haystack` does not contain the whole needle.
 *
 * Source: `asynchat.py`, `find_prefix_at_end`.
 *
 * @example
 * findPrefixAtEnd('qwerty\r', '\r\n'); // 1
 */
export function findPrefixAtEnd(haystack: Data, needle: Data): number {
  const hay = bytesOf(haystack, 'haystack');
  const wanted = bytesOf(needle, 'needle');
  let length = Math.min(wanted.length - 1, hay.length);
  while (length > 0 && !endsWith(hay, wanted, length)) length--;
  return Math.max(length, 0);
}

/** Whether `hay` ends with the first `length` bytes of `needle`. */
function endsWith(hay: Uint8Array, needle: Uint8Array, length: number): boolean {
  const start = hay.length - length;
  for (let i = 0; i < length; i++) {
    if (hay[start + i] !== needle[i]) return false;
  }
  return true;
}
