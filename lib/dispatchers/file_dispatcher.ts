// asyncore's file_dispatcher: pipes, FIFOs, terminals, devices and files as channels.
import { FileWrapper } from '../descriptors/file_wrapper.ts';
import type { FilePath } from '../descriptors/open_file.ts';
import type { ChannelMap } from '../reactor/channel.ts';
import { bare } from '../system/arguments.ts';
import { invalidType } from '../system/errors.ts';
import { type FileLike, fdOf } from '../system/file_like.ts';
import { Dispatcher } from './dispatcher.ts';

/** How FileDispatcher.open() opens a file. */
export interface OpenOptions {
  /** The rights of a file that is created, without those that umask(2) takes away; default 0o666. */
  mode?: number;
  /** The channel's map; default `socketMap`. */
  map?: ChannelMap;
}

/**
 * A channel around a file descriptor: a pipe, a FIFO, a terminal, a device, an inherited
 * descriptor. It works on a duplicate, whose reads and writes never block; O_NONBLOCK, which belongs
 * to the open file, is left as it is.
 *
 * A regular file is always ready, as with select(2) and poll(2).
 *
 * Source: `asyncore.py`, `file_dispatcher`.
 *
 * @example
 * class Tail extends FileDispatcher {
 *   override handleRead() { process.stdout.write(this.recv(8192)); }
 *   override writable() { return false; }
 * }
 * Tail.open('/tmp/fifo');
 */
export class FileDispatcher extends Dispatcher<FileWrapper> {
  /** The duplicate. It is kept after close(). */
  declare socket: FileWrapper;

  /** Duplicates the descriptor; the original is yours to close. `EBADF` if it is not open. */
  constructor(file: FileLike, map?: ChannelMap) {
    super(null, map);
    this.connected = true;
    this.setFile(fdOf(file, 'file'));
  }

  /**
   * Opens a file as a channel: open(2), without waiting, not even for the other end of a FIFO. A
   * terminal does not become the controlling one, and no program that is started inherits the file.
   * On a class that extends this one, it makes an object of that class.
   *
   * `flags` are those of Node's `fs.open()`, as text or number, and `mode` (0o666) has the rights of a
   * file that is created. Errors: SystemError with `path`; `ENXIO` if a FIFO is opened for writing (`'w'`)
   * and nobody reads it: open it with `'r+'`, or again once there is a reader.
   */
  static open<T extends FileDispatcher>(
    this: new (
      file: FileLike,
      map?: ChannelMap,
    ) => T,
    path: FilePath,
    flags: string | number = 'r',
    options: OpenOptions = {},
  ): T {
    if (typeof options !== 'object' || options === null) throw invalidType('options', 'of type object', options);
    const { mode, map } = bare(options);
    const file = FileWrapper.open(path, flags, mode);
    try {
      return new this(file, map);
    } finally {
      file.close();
    }
  }

  /** Takes another file. The previous one is neither closed nor removed from the map. */
  setFile(fd: number): void {
    const file = new FileWrapper(fd);
    try {
      file.setBlocking(false);
      this.setSocket(file);
    } catch (error) {
      file.close();
      throw error;
    }
  }
}
