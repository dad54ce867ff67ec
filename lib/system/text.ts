// What comes from outside (names, addresses, a peer's bytes, errors that quote them) as text for a
// line of a log, a warning or an error: it must not start a new line, move a terminal's cursor, or
// change the order of what is read.
import { inspect } from 'node:util';

// Control characters, line and paragraph separators, halves of a pair, and what is invisible, among
// it the marks that turn the direction of text.
const UNSAFE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

function code(one: string): string {
  const hex = (one.codePointAt(0) ?? 0).toString(16);
  return hex.length > 4 ? `\\u{${hex}}` : `\\u${hex.padStart(4, '0')}`;
}

/** `text` with everything that does not simply show as a character written as `\u000a`. */
export function escaped(text: string): string {
  return text.replace(UNSAFE, code);
}

/** A channel as text, even if a user's toString() throws. */
export function nameOf(channel: object): string {
  try {
    return escaped(String(channel));
  } catch {
    return '<toString() failed>';
  }
}

/** A user's own message, as it is; not every object can be converted to a string. */
export function textOf(message: unknown): string {
  try {
    return String(message);
  } catch {
    return inspect(message);
  }
}

/** Bytes that may not be text, as text: `\xff` for each that is no printable character of ASCII. */
export function textOfBytes(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) =>
    byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, '0')}`,
  ).join('');
}
