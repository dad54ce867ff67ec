// What select() and Poll can wait on.
import { integer } from '../system/arguments.ts';
import { invalidType } from '../system/errors.ts';

/** A descriptor's number, or an object that has one. */
export type Waitable = number | { fileno(): number };

/** The number of `item`, checked. */
export function fdOf(item: unknown, name: string): number {
  if (typeof item === 'number') return integer(item, name);
  if (typeof item === 'object' && item !== null && 'fileno' in item && typeof item.fileno === 'function') {
    return integer(item.fileno(), `${name}.fileno()`);
  }
  throw invalidType(name, 'of type number or an object with fileno()', item);
}

/** Whether `item` is no longer what was registered as `fd`: an object that has been closed meanwhile. */
export function isGone(item: Waitable, fd: number): boolean {
  if (typeof item === 'number') return false;
  try {
    return item.fileno() !== fd;
  } catch {
    return true;
  }
}
