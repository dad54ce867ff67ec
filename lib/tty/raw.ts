// Raw terminals and serial lines. What a terminal was is remembered in the addon, which puts it back at
// the end of the process.
import { ignoreSigPipe } from '../descriptors/sigpipe.ts';
import { bare, boolean, integer } from '../system/arguments.ts';
import { check, invalidType, invalidValue } from '../system/errors.ts';
import { type FileLike, fdOf } from '../system/file_like.ts';
import { native } from '../system/native.ts';

/** How a terminal is to be raw. What is not named stays as it is, if nothing else is said. */
export interface RawOptions {
  /**
   * Bits a second in both directions; on Linux any number, as far as the device can. The line then also
   * needs no carrier (CLOCAL).
   */
  baudRate?: number;
  /** 5 to 8; default 8. */
  dataBits?: number;
  /** `'none'` (the default), `'even'` or `'odd'`. */
  parity?: 'none' | 'even' | 'odd';
  /** 1 or 2. */
  stopBits?: number;
  /** `'none'`, `'hardware'` (RTS/CTS) or `'software'` (XON/XOFF). */
  flowControl?: 'none' | 'hardware' | 'software';
  /** If true, Ctrl-C, Ctrl-Z and Ctrl-\ raise signals as before; default false. */
  signals?: boolean;
}

/** In the order of their numbers in native/descriptors/terminal.h, from 1 on. */
const PARITIES: readonly unknown[] = ['none', 'even', 'odd'];
const FLOWS: readonly unknown[] = ['none', 'hardware', 'software'];

function choice(value: unknown, choices: readonly unknown[], name: string): number {
  if (value === undefined) return 0;
  const index = choices.indexOf(value);
  if (index < 0) throw invalidValue(name, `one of '${choices.join("', '")}'`, value);
  return index + 1;
}

function number(value: unknown, name: string, least: number, most?: number): number {
  return value === undefined ? 0 : integer(value, name, least, most);
}

let isWatching = false;

/** libuv leaves a signal to the system's default when nobody listens to it any more, whatever was before. */
function keepCatching(): void {
  if (isWatching) return;
  isWatching = true;
  process.on('removeListener', (type) => {
    if (typeof type === 'string' && type.startsWith('SIG')) native.catchEnds();
  });
}

/**
 * Makes a terminal raw: every byte as it comes, no echo, no line editing, nothing translated. It takes
 * effect at once, also for what was written and has not left yet.
 *
 * What the terminal was at the first call is put back by restore() and at the end of the process: when it
 * exits or throws, and when a signal that nobody handles ends it. Only SIGKILL leaves it raw. A line with
 * a `baudRate` is put back as soon as the library closes the descriptor.
 *
 * Errors: SystemError; `ENOTTY` if it is no terminal, `EINVAL` if it cannot be so fast.
 * Source: cfmakeraw(3), Python's `tty.setraw`.
 *
 * @example
 * const port = FileWrapper.open('/dev/ttyUSB0', 'r+');
 * setRaw(port, { baudRate: 115200 });
 */
export function setRaw(fd: FileLike, options: RawOptions = {}): void {
  const descriptor = fdOf(fd, 'fd');
  if (typeof options !== 'object' || options === null) throw invalidType('options', 'of type object', options);
  const { baudRate, dataBits, parity, stopBits, flowControl, signals = false } = bare(options);
  const result = native.setRaw(
    descriptor,
    number(baudRate, 'options.baudRate', 1),
    number(dataBits, 'options.dataBits', 5, 8),
    choice(parity, PARITIES, 'options.parity'),
    number(stopBits, 'options.stopBits', 1, 2),
    choice(flowControl, FLOWS, 'options.flowControl'),
    boolean(signals, 'options.signals'),
  );
  check(result, 'tcsetattr');
  ignoreSigPipe();
  keepCatching();
}

/** Puts back what the terminal was before setRaw(); does nothing if that was not called. */
export function restore(fd: FileLike): void {
  check(native.restoreTerminal(fdOf(fd, 'fd')), 'tcsetattr');
}
