// signalfd(2): signals that can be waited for.
import { endianness } from 'node:os';
import { Adopted } from '../descriptors/adopted.ts';
import { check, invalidType, invalidValue } from '../system/errors.ts';
import { native } from '../system/native.ts';
import { LinuxFile, needLinux, readNow } from './linux_file.ts';
import { type Signal, signalName, signalNumber } from './signals.ts';

const LITTLE = endianness() === 'LE';
/** Bytes of a struct signalfd_siginfo. */
const SIZE = 128;
/** Signals to read at a time. */
const COUNT = 32;

/**
 * Cannot be blocked; tell a thread of its own fault; or, SIGURG, carries what this library has to tell
 * other threads.
 */
const REFUSED: ReadonlySet<string> = new Set([
  ...['SIGKILL', 'SIGSTOP', 'SIGABRT', 'SIGBUS', 'SIGFPE', 'SIGILL', 'SIGSEGV', 'SIGSYS', 'SIGTRAP', 'SIGURG'],
]);

/** A signal that has come, and what the system tells of it. */
export interface SignalInfo {
  /** `'SIGTERM'`; `'SIG34'` if it has no name. */
  signal: string;
  /** The number of the signal. */
  signo: number;
  /** Where it came from: `SI_USER` is 0, the kernel's are positive. */
  code: number;
  /** The sender's process, or the child of SIGCHLD. */
  pid: number;
  /** The user id of the sender, or of the child of SIGCHLD. */
  uid: number;
  /** Of SIGCHLD: the exit code or signal. */
  status: number;
  /** What sigqueue(3) sent along. */
  value: number;
}

/** The numbers of some signals, as the addon takes them. */
function numbersOf(signals: unknown): Uint8Array {
  if (!Array.isArray(signals)) throw invalidType('signals', 'an array of signals', signals);
  return Uint8Array.from(signals, (signal: unknown, i) => {
    const number = signalNumber(signal, `signals[${i}]`);
    if (REFUSED.has(signalName(number))) {
      throw invalidValue(`signals[${i}]`, `none of ${[...REFUSED].join(', ')}`, signal);
    }
    return number;
  });
}

/**
 * Signals to wait for, signalfd(2). As long as it is open, every thread of the process blocks them, so that
 * they end nothing and stay until they are read. Listeners of `process.on()` hear a signal when read() has
 * read it; what a signal does by default, it does not do. Programs that Node starts do not block them.
 *
 * Errors: SystemError, `EBADF` after close().
 *
 * @example
 * const signals = new SignalFd(['SIGHUP', 'SIGTERM']);
 */
export class SignalFd extends LinuxFile {
  /** Not for signals that tell a fault (SIGSEGV and its kin), SIGKILL, SIGSTOP and SIGURG. */
  constructor(signals: readonly Signal[]) {
    needLinux('SignalFd');
    super(new Adopted(check(native.signalfd(numbersOf(signals)), 'signalfd')));
  }

  /** The signals that have come, up to 32; empty if none has. */
  read(): SignalInfo[] {
    const view = readNow(this, COUNT * SIZE);
    const signals: SignalInfo[] = [];
    for (let at = 0; at + SIZE <= view.byteLength; at += SIZE) {
      const signo = view.getUint32(at, LITTLE);
      signals.push({
        signal: signalName(signo),
        signo,
        code: view.getInt32(at + 8, LITTLE),
        pid: view.getUint32(at + 12, LITTLE),
        uid: view.getUint32(at + 16, LITTLE),
        status: view.getInt32(at + 40, LITTLE),
        value: view.getInt32(at + 44, LITTLE),
      });
    }
    for (const { signo, code } of signals) native.callHandlerOf(signo, code);
    return signals;
  }
}
