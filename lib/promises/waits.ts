// Promises of readiness: what asyncio's add_reader() and add_writer() are used for.
import { POLLIN, POLLOUT } from '../system/constants.ts';
import type { FileLike } from '../system/file_like.ts';
import { readiness } from './attempt.ts';
import type { WaitOptions } from './patience.ts';

/**
 * Resolves when `fd` has input, or its end, or an error that reading would report. `EBADF` if it is not
 * open, or is closed meanwhile.
 *
 * @example
 * await waitReadable(socket, { timeout: 1.5 });
 */
export async function waitReadable(fd: FileLike, options?: WaitOptions): Promise<void> {
  await readiness(fd, POLLIN, options);
}

/** Resolves when something can be written to `fd`, or writing would report an error. See waitReadable(). */
export async function waitWritable(fd: FileLike, options?: WaitOptions): Promise<void> {
  await readiness(fd, POLLOUT, options);
}
