// asyncore's file_dispatcher: pipes, FIFOs, terminals, devices and files as channels.
import { FileWrapper } from '../descriptors/file_wrapper.ts';
import type { ChannelMap } from '../reactor/channel.ts';
import { integer } from '../system/arguments.ts';
import { invalidType } from '../system/errors.ts';
import { Dispatcher } from './dispatcher.ts';

/** What a FileDispatcher can be created from. */
export type FileLike = number | { readonly fd: number } | { fileno(): number };

function fdOf(file: unknown): number {
  if (typeof file === 'number') return integer(file, 'file');
  if (typeof file === 'object' && file !== null) {
    if ('fileno' in file && typeof file.fileno === 'function') return integer(file.fileno(), 'file.fileno()');
    if ('fd' in file) return integer(file.fd, 'file.fd');
  }
  throw invalidType('file', 'of type number or an object with fd or fileno()', file);
}

/**
 * A channel around a file descriptor: a pipe, a FIFO, a terminal, a device, an inherited
 * descriptor. It works on a duplicate, whose reads and writes never block; O_NONBLOCK, which belongs
 * to the open file, is left as it is.
 *
 * A regular file is always ready, as with select(2) and poll(2).
 *
 * Source: asyncore.py `file_dispatcher`.
 *
 * @example
 * class Tail extends FileDispatcher {
 *   override handleRead() { process.stdout.write(this.recv(8192)); }
 *   override writable() { return false; }
 * }
 */
export class FileDispatcher extends Dispatcher<FileWrapper> {
  /** Duplicates the descriptor; the original is yours to close. `EBADF` if it is not open. */
  constructor(file: FileLike, map?: ChannelMap) {
    super(null, map);
    this.connected = true;
    this.setFile(fdOf(file));
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
