// 'asyncore/select': Python's select module.
export { Poll } from './reactor/poll_object.ts';
export { select, selectSync } from './reactor/select.ts';
export { POLLERR, POLLHUP, POLLIN, POLLNVAL, POLLOUT, POLLPRI, POLLRDHUP } from './system/constants.ts';
export type { FileLike } from './system/file_like.ts';
