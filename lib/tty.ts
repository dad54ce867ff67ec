// 'asyncore/tty': terminals and serial lines, after Python's tty, termios and pty modules.
export type { FileLike } from './system/file_like.ts';
export { openpty } from './tty/openpty.ts';
export { type RawOptions, restore, setRaw } from './tty/raw.ts';
export { ttyname, type WindowSize, windowSize } from './tty/terminal.ts';
