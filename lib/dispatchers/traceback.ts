// asyncore's one-line tracebacks.
import { CodedError, isError } from '../system/errors.ts';
import { escaped } from '../system/text.ts';

/** A place in the source: file, function, line. */
export type Place = [file: string, func: string, line: string];

// "    at EchoHandler.handleRead (file:///srv/echo.js:12:5)" or "    at /srv/echo.js:12:5"
const FRAME = /^\s*at (?:(.*?) \()?(.*?):(\d+):\d+\)?$/;

/**
 * Returns the innermost place in `error`'s stack, its type, the error itself, and all places on one
 * line, `[file|function|line] ...`, outermost first.
 *
 * Throws an Error with code `ERR_ASSERTION` if `error` has no stack.
 * Source: `asyncore.py`, `compact_traceback`.
 */
export function compactTraceback(error: unknown): [Place, string, unknown, string] {
  const places: Place[] = [];
  for (const line of framesOf(error).split('\n')) {
    const [, func = '?', file, number] = FRAME.exec(line) ?? [];
    if (file !== undefined && number !== undefined) places.push([file, func, number]);
  }
  const [innermost] = places;
  if (innermost === undefined) throw new CodedError('ERR_ASSERTION', 'traceback does not exist');
  const info = places.reverse().map((place) => `[${place.join('|')}]`);
  return [innermost, typeName(error), error, escaped(info.join(' '))];
}

/** The stack without the message before it, which may have lines that look like places. */
function framesOf(error: unknown): string {
  const { stack = '', message } = isError(error) ? error : { stack: '', message: '' };
  const at = stack.indexOf(message);
  return at < 0 ? stack : stack.slice(at + message.length);
}

function typeName(value: unknown): string {
  return isError(value) ? value.name : typeof value;
}

/** Describes any thrown value on one line. */
export function describeError(error: unknown): string {
  return escaped(descriptionOf(error));
}

function descriptionOf(error: unknown): string {
  try {
    const [, type, , info] = compactTraceback(error);
    return `${type}:${isError(error) ? error.message : ''} ${info}`;
  } catch {
    // No stack (EAGAIN and thrown strings have none), or an object that cannot be inspected.
  }
  try {
    return `${typeName(error)}:${String(isError(error) ? error.message : error)}`;
  } catch {
    return `${typeof error} that cannot be shown`;
  }
}
