// asyncore's file_wrapper: a descriptor of any kind with just enough of a socket's methods.
import { Buffer } from 'node:buffer';
import { constants } from 'node:os';
import { isatty } from 'node:tty';
import { inspect } from 'node:util';
import { boolean, bytesOf, type Data, integer, writableBytes } from '../system/arguments.ts';
import { SO_ERROR, SOL_SOCKET } from '../system/constants.ts';
import { check, notImplemented } from '../system/errors.ts';
import { native, type Receive } from '../system/native.ts';
import { moved } from '../system/progress.ts';
import { Adopted } from './adopted.ts';
import { noteBlocking } from './blocking.ts';
import { type FilePath, openFile } from './open_file.ts';
import { receive } from './receive.ts';
import { reprOfFile } from './repr.ts';
import { ignoreSigPipe } from './sigpipe.ts';
import { unclosedFiles } from './unclosed.ts';

const { EIO } = constants.errno;

const read: Receive = (handle, slab, pool, landing) => native.read(handle, slab, pool, landing);

/**
 * A duplicate of a descriptor, with just enough of a socket's methods for a Dispatcher. You may
 * close the original; both share one file offset.
 *
 * Errors: SystemError, with `EBADF` if `fd` is not open or after close().
 * Source: `asyncore.py`, `file_wrapper`.
 */
export class FileWrapper {
  #handle: number;
  #fd: number;

  /** dup(2). */
  constructor(fd: number);
  /** @internal */
  constructor(adopted: Adopted);
  constructor(fd: number | Adopted) {
    this.#handle = fd instanceof Adopted ? fd.handle : check(native.duplicateFile(integer(fd, 'fd')), 'dup');
    this.#fd = native.fileno(this.#handle);
    if (!(fd instanceof Adopted)) noteBlocking(this, this.#handle, true);
    ignoreSigPipe();
    unclosedFiles.register(this, this.#handle, this);
  }

  /**
   * open(2): a file of its own and no duplicate, whose reads and writes never block. See
   * `FileDispatcher.open()`.
   */
  static open(path: FilePath, flags: string | number = 'r', mode = 0o666): FileWrapper {
    return new FileWrapper(openFile(path, flags, mode));
  }

  /** The duplicate's number, or -1 after close(). */
  get fd(): number {
    return this.#fd;
  }

  /** The same as `fd`. */
  fileno(): number {
    return this.#fd;
  }

  /** read(2): up to `size` bytes (at most 1 MiB per call), empty at the end. */
  recv(size: number): Buffer {
    integer(size, 'size');
    const data = receive(read, this.#handle, size);
    return typeof data === 'number' ? Buffer.alloc(this.#moved(data)) : data;
  }

  /** read(2) into the caller's view: the number of bytes, 0 at the end. */
  recvInto(view: ArrayBufferView): number {
    return this.#moved(native.readInto(this.#handle, writableBytes(view, 'view')));
  }

  #moved(count: number): number {
    // This is how Linux reports the end of a terminal whose other side is gone.
    return count === -EIO && isatty(this.#fd) ? 0 : moved(count, 'read');
  }

  /** The same as recv(). */
  read(size: number): Buffer {
    return this.recv(size);
  }

  /** write(2): the number of bytes taken, which may be fewer. */
  send(data: Data): number {
    return moved(native.write(this.#handle, bytesOf(data, 'data')), 'write');
  }

  /** The same as send(). */
  write(data: Data): number {
    return this.send(data);
  }

  /**
   * With `false`, reads and writes never block, whether O_NONBLOCK is set or not: others may share the
   * open file and change its flags. With `true`, clears O_NONBLOCK, and they block.
   */
  setBlocking(on: boolean): void {
    if (boolean(on, 'on')) check(native.setBlocking(this.#handle, true), 'fcntl');
    check(native.allowBlocking(this.#handle, on), 'fcntl');
    noteBlocking(this, this.#handle, on);
  }

  /** 0 for SOL_SOCKET and SO_ERROR, which is all that a Dispatcher asks for. */
  getsockopt(level: number, name: number): number {
    if (level === SOL_SOCKET && name === SO_ERROR) return 0;
    throw notImplemented('getsockopt() of a file for anything but SO_ERROR');
  }

  /** Closes the duplicate. Calling it again does nothing. */
  close(): void {
    if (this.#fd < 0) return;
    const handle = this.#handle;
    this.#handle = 0;
    this.#fd = -1;
    unclosedFiles.unregister(this);
    check(native.close(handle), 'close');
  }

  /** The same as close(): `using file = new FileWrapper(fd)`. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** `<FileWrapper fd=n>`, or `<FileWrapper closed>`. */
  toString(): string {
    return reprOfFile(this);
  }

  /** @hidden */
  [inspect.custom](): string {
    return this.toString();
  }
}

/**
 * pipe(2): data written to the second end can be read from the first. Both are non-blocking; call
 * `setBlocking(true)` on an end before a child process inherits it.
 */
export function pipe(): [FileWrapper, FileWrapper] {
  const result = native.pipe();
  if (typeof result === 'number') throw check(result, 'pipe');
  const [reader, writer] = result;
  return [new FileWrapper(new Adopted(reader)), new FileWrapper(new Adopted(writer))];
}
