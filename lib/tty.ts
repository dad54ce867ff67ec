/**
 * Terminals and serial lines, after Python's tty, termios and pty modules.
 *
 * @module asyncore/tty
 */
export type { FileLike } from './system/file_like.ts';
export { openpty } from './tty/openpty.ts';
export { type RawOptions, restore, setRaw } from './tty/raw.ts';
export { ttyname, type WindowSize, windowSize } from './tty/terminal.ts';
