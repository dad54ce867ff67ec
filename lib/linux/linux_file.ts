// What the descriptors of Linux have in common: each is owned, close-on-exec and non-blocking from birth,
// and a transport for a channel.
import { inspect } from 'node:util';
import type { Adopted } from '../descriptors/adopted.ts';
import { noteBlocking } from '../descriptors/blocking.ts';
import { FileWrapper } from '../descriptors/file_wrapper.ts';
import { reprOfFile } from '../descriptors/repr.ts';
import type { Transport } from '../dispatchers/transport.ts';
import type { Data } from '../system/arguments.ts';
import { CodedError, systemCode } from '../system/errors.ts';

/** Throws unless this is Linux. */
export function needLinux(what: string): void {
  if (process.platform === 'linux') return;
  throw new CodedError('ENOTSUP', `${what} is a descriptor of Linux, and this system (${process.platform}) has none.`);
}

/** The base of EventFd, TimerFd, SignalFd, Inotify and PidFd. */
export class LinuxFile implements Transport {
  readonly #file: FileWrapper;
  readonly #handle: number;

  /** @internal */
  constructor(adopted: Adopted) {
    this.#file = new FileWrapper(adopted);
    this.#handle = adopted.handle;
  }

  /** The descriptor's number, or -1 after close(). */
  get fd(): number {
    return this.#file.fd;
  }

  /** The same as `fd`. */
  fileno(): number {
    return this.#file.fd;
  }

  /** read(2): the bytes as the system has them; `EAGAIN` if there are none now. */
  recv(size: number): Buffer {
    return this.#file.recv(size);
  }

  /** write(2). */
  send(data: Data): number {
    return this.#file.send(data);
  }

  /** Whether recv() and send() block. */
  setBlocking(on: boolean): void {
    this.#file.setBlocking(on);
    noteBlocking(this, this.#handle, on);
  }

  /** 0 for SOL_SOCKET and SO_ERROR, which is all that a Dispatcher asks for. */
  getsockopt(level: number, name: number): number {
    return this.#file.getsockopt(level, name);
  }

  /** Closes the descriptor. Calling it again does nothing. */
  close(): void {
    this.#file.close();
  }

  /** The same as close(): `using timer = new TimerFd()`. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** `<EventFd fd=n>`, or `<EventFd closed>`. */
  toString(): string {
    return reprOfFile(this);
  }

  /** @hidden */
  [inspect.custom](): string {
    return this.toString();
  }
}

const EMPTY = new DataView(new ArrayBuffer(0));

/** Up to `size` bytes; none if there is nothing to read now. */
export function readNow(file: LinuxFile, size: number): DataView {
  try {
    const { buffer, byteOffset, byteLength } = file.recv(size);
    return new DataView(buffer, byteOffset, byteLength);
  } catch (error) {
    if (systemCode(error) === 'EAGAIN') return EMPTY;
    throw error;
  }
}
