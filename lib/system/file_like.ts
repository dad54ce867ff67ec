// What stands for a descriptor wherever one is taken: its number, or an object that has one.
import { integer } from './arguments.ts';
import { invalidType } from './errors.ts';

/** An object that tells its descriptor's number, as in Python. */
export interface HasFileno {
  /** The number. */
  fileno(): number;
}

/** An object that has its descriptor's number, as in Node. */
export interface HasFd {
  /** The number. */
  readonly fd: number;
}

/** A descriptor's number, or an object that has one: a Socket, a FileWrapper, `process.stdin`. */
export type FileLike = number | HasFileno | HasFd;

/** The number of `file`, checked. */
export function fdOf(file: unknown, name: string): number {
  if (typeof file === 'number') return integer(file, name);
  if (typeof file === 'object' && file !== null) {
    if ('fileno' in file && typeof file.fileno === 'function') return integer(file.fileno(), `${name}.fileno()`);
    if ('fd' in file) return integer(file.fd, `${name}.fd`);
  }
  throw invalidType(name, 'of type number or an object with fileno() or fd', file);
}

/** Whether `file` is no longer what stood for `fd`: an object that has been closed meanwhile. */
export function isGone(file: FileLike, fd: number): boolean {
  if (typeof file === 'number') return false;
  try {
    return fdOf(file, 'file') !== fd;
  } catch {
    return true;
  }
}
