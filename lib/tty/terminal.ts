// A terminal's window size and its name.
import { bare, integer } from '../system/arguments.ts';
import { check, invalidType, systemError } from '../system/errors.ts';
import { type FileLike, fdOf } from '../system/file_like.ts';
import { native } from '../system/native.ts';

/** In characters and, where it is known, in pixels. */
export interface WindowSize {
  /** The height in lines of text. */
  rows: number;
  /** The width in characters. */
  columns: number;
  /** The width in pixels; 0 if it is not known. */
  width?: number;
  /** The height in pixels; 0 if it is not known. */
  height?: number;
}

const MOST = 2 ** 16 - 1;

/**
 * The size of a terminal's window, after setting it to `size` if that is given: then the programs in the
 * terminal get SIGWINCH. Both ends of a pair have the same. All is 0 if nobody has said.
 *
 * Errors: SystemError, `ENOTTY` if it is no terminal. Source: ioctl_tty(2), TIOCGWINSZ.
 */
export function windowSize(fd: FileLike, size?: WindowSize): Required<WindowSize> {
  const descriptor = fdOf(fd, 'fd');
  if (size !== undefined) {
    if (typeof size !== 'object' || size === null) throw invalidType('size', 'of type object', size);
    const part = (value: unknown, name: string) => integer(value, `size.${name}`, 0, MOST);
    const [rows, columns] = [part(size.rows, 'rows'), part(size.columns, 'columns')];
    const pixels = bare(size);
    const [width, height] = [part(pixels.width ?? 0, 'width'), part(pixels.height ?? 0, 'height')];
    check(native.setWindowSize(descriptor, rows, columns, width, height), 'ioctl');
  }
  const sizes: number[] = [];
  check(native.getWindowSize(descriptor, sizes), 'ioctl');
  const [rows = 0, columns = 0, width = 0, height = 0] = sizes;
  return { rows, columns, width, height };
}

/**
 * The path of a terminal, ttyname(3); of the first end of a pair, that of the second, ptsname(3).
 *
 * Errors: SystemError, `ENOTTY` if it is no terminal.
 */
export function ttyname(fd: FileLike): string {
  const path = native.terminalPath(fdOf(fd, 'fd'));
  if (typeof path === 'number') throw systemError(path, 'ttyname');
  return path;
}
