// eventfd(2): a counter that can be waited for.
import { endianness } from 'node:os';
import { Adopted } from '../descriptors/adopted.ts';
import { boolean, integer } from '../system/arguments.ts';
import { check, outOfRange } from '../system/errors.ts';
import { native } from '../system/native.ts';
import { LinuxFile, needLinux, readNow } from './linux_file.ts';

const LITTLE = endianness() === 'LE';
const MOST = 2n ** 64n - 2n;

/**
 * A counter, eventfd(2): readable while it is above 0, from any thread or process that has the descriptor.
 *
 * Errors: SystemError, `EBADF` after close(). Source: Python's `os.eventfd`.
 *
 * @example
 * const event = new EventFd();
 * event.write(3);
 * console.log(event.read()); // 3n
 */
export class EventFd extends LinuxFile {
  /** With `semaphore`, read() takes 1 at a time. */
  constructor(count = 0, semaphore = false) {
    needLinux('EventFd');
    integer(count, 'count', 0, 2 ** 32 - 1);
    boolean(semaphore, 'semaphore');
    super(new Adopted(check(native.eventfd(count, semaphore), 'eventfd')));
  }

  /** The count, which becomes 0; `0n` if it is 0. */
  read(): bigint {
    const view = readNow(this, 8);
    return view.byteLength < 8 ? 0n : view.getBigUint64(0, LITTLE);
  }

  /** Adds to the count; `EAGAIN` if it would exceed 2**64 - 2. */
  write(count: number | bigint = 1): void {
    const value = typeof count === 'bigint' ? count : BigInt(integer(count, 'count', 0, Number.MAX_SAFE_INTEGER));
    if (value < 0n || value > MOST) throw outOfRange('count', `>= 0 && <= ${MOST}`, count);
    const bytes = new DataView(new ArrayBuffer(8));
    bytes.setBigUint64(0, value, LITTLE);
    this.send(bytes);
  }
}
