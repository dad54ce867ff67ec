// asyncore's file_dispatcher: pipes, FIFOs, terminals, devices and files as channels.
import { FileWrapper } from '../descriptors/file_wrapper.ts';
import type { ChannelMap } from '../reactor/channel.ts';
import { type FileLike, fdOf } from '../system/file_like.ts';
import { Dispatcher } from './dispatcher.ts';

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
 */
export class FileDispatcher extends Dispatcher<FileWrapper> {
  /** Duplicates the descriptor; the original is yours to close. `EBADF` if it is not open. */
  constructor(file: FileLike, map?: ChannelMap) {
    super(null, map);
    this.connected = true;
    this.setFile(fdOf(file, 'file'));
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
