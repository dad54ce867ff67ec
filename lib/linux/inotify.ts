// inotify(7): what happens to files.
import { Buffer } from 'node:buffer';
import { endianness } from 'node:os';
import { Adopted } from '../descriptors/adopted.ts';
import { type FilePath, pathOf, shownPath } from '../descriptors/open_file.ts';
import { integer } from '../system/arguments.ts';
import { check, systemError } from '../system/errors.ts';
import { native } from '../system/native.ts';
import { LinuxFile, needLinux, readNow } from './linux_file.ts';

const LITTLE = endianness() === 'LE';
/** Bytes of a struct inotify_event without its name. */
const HEAD = 16;
/** Bytes to read at a time: some hundred events, and room for the longest name. */
const ROOM = 1 << 14;

/** Something that has happened to what is watched. */
export interface InotifyEvent {
  /** What addWatch() returned; -1 with `IN_Q_OVERFLOW`, which says that events were lost. */
  wd: number;
  /** `IN_*`. */
  mask: number;
  /** Connects the `IN_MOVED_FROM` and `IN_MOVED_TO` of one rename. */
  cookie: number;
  /** Of a file in a watched folder, else empty. A Buffer if it is not UTF-8. */
  name: string | Buffer;
}

function nameOf(bytes: Buffer): string | Buffer {
  const end = bytes.indexOf(0);
  const name = bytes.subarray(0, end < 0 ? bytes.length : end);
  const text = name.toString();
  return Buffer.from(text).equals(name) ? text : Buffer.from(name);
}

/**
 * What happens to files and folders, inotify(7).
 *
 * Errors: SystemError, `EBADF` after close().
 *
 * @example
 * const inotify = new Inotify();
 * inotify.addWatch('/tmp', IN_CREATE | IN_DELETE);
 */
export class Inotify extends LinuxFile {
  readonly #handle: number;

  /** An inotify that watches nothing yet. */
  constructor() {
    needLinux('Inotify');
    const handle = check(native.inotify(), 'inotify_init1');
    super(new Adopted(handle));
    this.#handle = handle;
  }

  /** Watches a file or folder for `mask` (`IN_*`). Returns the watch, the same if there was one already. */
  addWatch(path: FilePath, mask: number): number {
    const plain = pathOf(path, 'path');
    // IN_ONESHOT is the sign bit of what JavaScript's operators work with.
    const bits = integer(mask, 'mask', -(2 ** 31), 2 ** 32 - 1) >>> 0;
    const wd = native.inotifyAddWatch(this.#handle, plain, bits);
    if (wd < 0) throw systemError(wd, 'inotify_add_watch', shownPath(plain));
    return wd;
  }

  /** Ends a watch; an event with `IN_IGNORED` follows. */
  rmWatch(wd: number): void {
    check(native.inotifyRmWatch(this.#handle, integer(wd, 'wd')), 'inotify_rm_watch');
  }

  /** What has happened, in order; empty if nothing has. There may be more. */
  read(): InotifyEvent[] {
    const view = readNow(this, ROOM);
    const events: InotifyEvent[] = [];
    for (let at = 0; at + HEAD <= view.byteLength; ) {
      const length = view.getUint32(at + 12, LITTLE);
      events.push({
        wd: view.getInt32(at, LITTLE),
        mask: view.getUint32(at + 4, LITTLE),
        cookie: view.getUint32(at + 8, LITTLE),
        name: nameOf(Buffer.from(view.buffer, view.byteOffset + at + HEAD, length)),
      });
      at += HEAD + length;
    }
    return events;
  }
}
