// Descriptors that travel between processes in messages: Python's socket.send_fds() and recv_fds().
import { type Data, integer } from '../system/arguments.ts';
import { AF_UNIX, SCM_RIGHTS, SOL_SOCKET } from '../system/constants.ts';
import { invalidType, invalidValue } from '../system/errors.ts';
import type { FileLike } from '../system/file_like.ts';
import type { Address, AddressInfo } from './address.ts';
import type { FileWrapper } from './file_wrapper.ts';
import { CMSG_LEN } from './message.ts';
import { Socket } from './socket.ts';

/** A descriptor's number in ancillary data, in bytes. */
const SIZE = 4;

function checkSocket(sock: unknown): void {
  if (!(sock instanceof Socket)) throw invalidType('sock', 'an instance of Socket', sock);
  // Others throw descriptors away without a word.
  if (sock.family !== AF_UNIX) throw invalidValue('sock', 'a UNIX socket', sock);
}

/**
 * Sends descriptors over a UNIX socket, together with the bytes of `buffers`, and returns how many
 * bytes were taken. The receiver gets duplicates; yours stay open, and stay yours to close. On a
 * stream, send at least one byte with them. Linux takes up to 253 at a time.
 *
 * Errors: `EAGAIN` if there is no room now, `EBADF` if one is not open, `EINVAL` if there are too many,
 * `ETOOMANYREFS` if too many are on their way.
 */
export function sendFds(
  sock: Socket,
  buffers: readonly Data[],
  fds: readonly FileLike[],
  flags = 0,
  address?: Address | null,
): number {
  checkSocket(sock);
  if (!Array.isArray(fds)) throw invalidType('fds', 'an array', fds);
  return sock.sendmsg(buffers, [[SOL_SOCKET, SCM_RIGHTS, fds]], flags, address);
}

/**
 * Receives up to `size` bytes and up to `most` descriptors. They are yours: a Socket, non-blocking, for
 * each that is a socket, and a FileWrapper for any other, all close-on-exec. If more were sent, the
 * flags have `MSG_CTRUNC`, and the rest is closed already.
 */
export function recvFds(
  sock: Socket,
  size: number,
  most: number,
  flags = 0,
): [data: Buffer, fds: (Socket | FileWrapper)[], flags: number, address: AddressInfo] {
  checkSocket(sock);
  // CMSG_SPACE() might leave room for one more.
  const room = CMSG_LEN(SIZE * integer(most, 'most', 0, 1 << 16));
  const [data, ancillary, seen, address] = sock.recvmsg(size, room, flags);
  const fds: (Socket | FileWrapper)[] = [];
  for (const [, , owners] of ancillary) if (Array.isArray(owners)) fds.push(...owners);
  return [data, fds, seen, address];
}
