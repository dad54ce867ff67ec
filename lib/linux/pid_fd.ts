// pidfd_open(2): the end of a process, to wait for.
import { constants } from 'node:os';
import { Adopted } from '../descriptors/adopted.ts';
import { reprOfFile } from '../descriptors/repr.ts';
import { integer } from '../system/arguments.ts';
import { check, EAGAIN, systemError } from '../system/errors.ts';
import { native } from '../system/native.ts';
import { LinuxFile, needLinux } from './linux_file.ts';
import { type Signal, signalName, signalNumber } from './signals.ts';

const ESRCH = -constants.errno.ESRCH;

/** How a process ended; both are null if nobody can say. */
export interface Ending {
  /** The exit code; null if a signal ended it. */
  code: number | null;
  /** The name of the signal that ended it, `'SIGKILL'`; null if it exited. */
  signal: string | null;
}

/**
 * A process, pidfd_open(2): readable once it has ended. The descriptor never means another process, even if
 * its number is used again.
 *
 * Errors: SystemError, `ESRCH` if there is no such process, `EBADF` after close(). Source: Python's
 * `os.pidfd_open`.
 *
 * @example
 * const child = new PidFd(process.ppid);
 */
export class PidFd extends LinuxFile {
  /** The number of the process. */
  readonly pid: number;
  readonly #handle: number;

  /** Opens the process with the number `pid`, which need not be a child. */
  constructor(pid: number) {
    needLinux('PidFd');
    const handle = check(native.pidfdOpen(integer(pid, 'pid', 1)), 'pidfd_open');
    super(new Adopted(handle));
    this.#handle = handle;
    this.pid = pid;
  }

  /**
   * How the process ended, or null while it runs. It is not waited for, so that Node still tells its own
   * children's `'exit'`. Once somebody has waited for it, or if it is no child of ours, only Linux 6.15 and
   * later know; elsewhere both parts are null.
   */
  read(): Ending | null {
    const ending = native.pidfdEnding(this.#handle);
    if (typeof ending !== 'number') {
      const [code, signal] = ending;
      return signal === 0 ? { code, signal: null } : { code: null, signal: signalName(signal) };
    }
    if (ending === EAGAIN) return null;
    if (ending === ESRCH) return { code: null, signal: null };
    throw systemError(ending, 'waitid');
  }

  /** `<PidFd pid=n fd=n>`, or `<PidFd closed>`. */
  override toString(): string {
    return reprOfFile(this, `pid=${this.pid}`);
  }

  /** Sends a signal, pidfd_send_signal(2); 0 only checks. `ESRCH` if the process has ended. */
  kill(signal: Signal = 'SIGTERM'): void {
    check(native.pidfdSendSignal(this.#handle, signalNumber(signal, 'signal', 0)), 'pidfd_send_signal');
  }
}
