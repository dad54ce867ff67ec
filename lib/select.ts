/**
 * Python's select module: waiting for any descriptors, without channels.
 *
 * @module asyncore/select
 */
export { Poll } from './reactor/poll_object.ts';
export { select, selectSync } from './reactor/select.ts';
export { POLLERR, POLLHUP, POLLIN, POLLNVAL, POLLOUT, POLLPRI, POLLRDHUP } from './system/constants.ts';
export type { FileLike, HasFd, HasFileno } from './system/file_like.ts';
