// Which sockets and files may block, because their users want that, and calls that must not all the same.
import type { FileLike } from '../system/file_like.ts';
import { native } from '../system/native.ts';

/** The handles of those that may block. */
const handles = new WeakMap<object, number>();

/** Notes whether the calls on what `owner` stands for may block. */
export function noteBlocking(owner: object, handle: number, on: boolean): void {
  if (on) handles.set(owner, handle);
  else handles.delete(owner);
}

/** Makes a call on `file` that does not block, but fails with EAGAIN where it would. */
export function withoutBlocking<T>(file: FileLike, call: () => T): T {
  if (typeof file !== 'object') return call();
  const handle = handles.get(file);
  if (handle === undefined) return call();
  native.allowBlocking(handle, false);
  try {
    return call();
  } finally {
    // It may have been closed, or have become one that never blocks.
    if (handles.get(file) === handle) native.allowBlocking(handle, true);
  }
}
