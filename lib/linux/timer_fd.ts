// timerfd_create(2): a timer that can be waited for.
import { endianness } from 'node:os';
import { Adopted } from '../descriptors/adopted.ts';
import { integer } from '../system/arguments.ts';
import { check, invalidType, outOfRange, systemError } from '../system/errors.ts';
import { native } from '../system/native.ts';
import { CLOCK_MONOTONIC } from './constants.ts';
import { LinuxFile, needLinux, readNow } from './linux_file.ts';

const LITTLE = endianness() === 'LE';
/** Seconds that every time_t of 64 bits can hold with its nanoseconds, and far more than anybody waits. */
const MOST = 2 ** 40;

function time(value: unknown, name: string): number {
  if (typeof value !== 'number') throw invalidType(name, 'of type number', value);
  if (!(value >= 0 && value <= MOST)) throw outOfRange(name, `>= 0 && <= ${MOST}`, value);
  return value;
}

/**
 * A timer, timerfd_create(2): readable once it has expired. Times are in seconds, rounded up to whole
 * nanoseconds.
 *
 * Errors: SystemError, `EBADF` after close(). Source: Python's `os.timerfd_create`.
 *
 * @example
 * const timer = new TimerFd();
 * timer.settime(0.5, 1); // after half a second, and then every second
 */
export class TimerFd extends LinuxFile {
  readonly #handle: number;

  /** `clock` is one of `CLOCK_*`. */
  constructor(clock: number = CLOCK_MONOTONIC) {
    needLinux('TimerFd');
    const handle = check(native.timerfd(integer(clock, 'clock')), 'timerfd_create');
    super(new Adopted(handle));
    this.#handle = handle;
  }

  /**
   * Sets the timer to `initial` seconds from now (0 switches it off) and then every `interval` seconds (0:
   * only once). `flags`: with `TFD_TIMER_ABSTIME`, `initial` is a time of the clock; with
   * `TFD_TIMER_CANCEL_ON_SET` as well, read() throws `ECANCELED` when the clock was set. Returns what
   * gettime() would have.
   */
  settime(initial: number, interval = 0, flags = 0): [left: number, interval: number] {
    const [first, next] = [time(initial, 'initial'), time(interval, 'interval')];
    const result = native.timerfdSettime(this.#handle, integer(flags, 'flags'), first, next);
    if (typeof result === 'number') throw systemError(result, 'timerfd_settime');
    return result;
  }

  /** The seconds left, 0 if it is off, and the interval. */
  gettime(): [left: number, interval: number] {
    const result = native.timerfdGettime(this.#handle);
    if (typeof result === 'number') throw systemError(result, 'timerfd_gettime');
    return result;
  }

  /** How often it has expired since the last read(), or since it was set. */
  read(): number {
    const view = readNow(this, 8);
    return view.byteLength < 8 ? 0 : Number(view.getBigUint64(0, LITTLE));
  }
}
