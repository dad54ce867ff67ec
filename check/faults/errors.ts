// Which errors each call can give, from the man pages (Linux), and what is expected of each.
import type { CallName } from './control.ts';

export interface Errors {
  /**
   * Things that pass: given once, every byte arrives all the same and nobody is bothered with more
   * than an exception of the loop's own.
   */
  readonly passing?: readonly string[];
  /** Things that are to be heard: by handleError, handleClose or the caller, unless every byte arrives. */
  readonly lasting?: readonly string[];
  /** Answers that lie about the socket's state when they are made up: only no crash, hang or leak. */
  readonly untrue?: readonly string[];
}

const NETWORK = ['ENETDOWN', 'EPROTO', 'ENOPROTOOPT', 'EHOSTDOWN', 'ENONET', 'EHOSTUNREACH', 'ENETUNREACH'];
const NO_ROOM = ['EMFILE', 'ENFILE', 'ENOMEM'];

export const ERRORS: Readonly<Record<CallName, Errors>> = {
  socket: { lasting: ['EACCES', 'EAFNOSUPPORT', 'EINVAL', 'ENOBUFS', 'EPROTONOSUPPORT', ...NO_ROOM] },
  socketpair: { lasting: ['EAFNOSUPPORT', 'EOPNOTSUPP', 'EPROTONOSUPPORT', ...NO_ROOM] },
  bind: { lasting: ['EACCES', 'EADDRINUSE', 'EADDRNOTAVAIL', 'EINVAL', 'ENOMEM', 'EROFS'] },
  listen: { lasting: ['EADDRINUSE', 'EBADF', 'EOPNOTSUPP'] },
  accept4: {
    passing: ['EAGAIN', 'EINTR', 'ECONNABORTED', 'EPERM', 'ENOBUFS', ...NO_ROOM, ...NETWORK],
    lasting: ['EBADF', 'EINVAL', 'ENOTSOCK', 'EOPNOTSUPP'],
  },
  connect: {
    passing: ['EINTR'],
    lasting: ['EACCES', 'EADDRNOTAVAIL', 'EAGAIN', 'ECONNREFUSED', 'ENETUNREACH', 'ENOENT', 'EPERM', 'ETIMEDOUT'],
    untrue: ['EALREADY', 'EINPROGRESS', 'EISCONN'],
  },
  getsockopt: { lasting: ['EBADF', 'EINVAL', 'ENOPROTOOPT', 'ENOTSOCK'] },
  setsockopt: { lasting: ['EBADF', 'EDOM', 'EINVAL', 'ENOMEM', 'ENOPROTOOPT', 'ENOTSOCK'] },
  getsockname: { lasting: ['EBADF', 'EINVAL', 'ENOBUFS', 'ENOTSOCK'] },
  getpeername: { lasting: ['EBADF', 'ENOBUFS', 'ENOTSOCK'], untrue: ['EINVAL', 'ENOTCONN'] },
  fcntl: { lasting: ['EBADF', 'EPERM'] },
  dup: { lasting: ['EBADF', 'EINVAL', 'EMFILE'] },
  pipe2: { lasting: ['EINVAL', ...NO_ROOM] },
  eventfd: { lasting: ['EINVAL', 'ENODEV', ...NO_ROOM] },
  epoll_create1: { passing: NO_ROOM },
  epoll_ctl: { passing: ['EBADF', 'EEXIST', 'EINVAL', 'ELOOP', 'ENOENT', 'ENOMEM', 'ENOSPC', 'EPERM'] },
  epoll_wait: { passing: ['EBADF', 'EINTR', 'EINVAL'] },
  poll: { passing: ['EINTR', 'ENOMEM'], lasting: ['EINVAL'] },
  select: { passing: ['EBADF', 'EINTR', 'ENOMEM'], lasting: ['EINVAL'] },
  recv: {
    passing: ['EAGAIN', 'EINTR', 'ENOBUFS', 'ENOMEM'],
    lasting: ['EBADF', 'ECONNREFUSED', 'ECONNRESET', 'EHOSTUNREACH', 'EINVAL', 'ENOTCONN', 'ENOTSOCK', 'ETIMEDOUT'],
  },
  send: {
    passing: ['EAGAIN', 'EINTR', 'ENOBUFS', 'ENOMEM'],
    lasting: [
      'EACCES',
      'EBADF',
      'ECONNRESET',
      'EHOSTUNREACH',
      'EINVAL',
      'EMSGSIZE',
      'ENETDOWN',
      'ENOTCONN',
      'ENOTSOCK',
      'EPIPE',
      'ETIMEDOUT',
    ],
  },
  recvfrom: { passing: ['EAGAIN', 'EINTR'], lasting: ['EBADF', 'ECONNREFUSED', 'EINVAL', 'ENOMEM', 'ENOTSOCK'] },
  sendto: {
    passing: ['EAGAIN', 'EINTR'],
    lasting: [
      'EACCES',
      'EBADF',
      'ECONNREFUSED',
      'EHOSTUNREACH',
      'EMSGSIZE',
      'ENETUNREACH',
      'ENOBUFS',
      'ENOMEM',
      'EPERM',
    ],
  },
  // The addon does without these two; should it come to use them, they are covered.
  recvmsg: { passing: ['EAGAIN', 'EINTR'], lasting: ['ECONNRESET', 'ENOMEM'] },
  sendmsg: { passing: ['EAGAIN', 'EINTR'], lasting: ['ECONNRESET', 'ENOBUFS', 'EPIPE'] },
  read: { passing: ['EAGAIN', 'EINTR'], lasting: ['EBADF', 'EINVAL', 'EIO', 'EISDIR'] },
  write: {
    passing: ['EAGAIN', 'EINTR'],
    lasting: ['EBADF', 'EDQUOT', 'EFBIG', 'EINVAL', 'EIO', 'ENOSPC', 'EPERM', 'EPIPE'],
  },
  shutdown: { lasting: ['EBADF', 'EINVAL', 'ENOTCONN', 'ENOTSOCK'] },
  // The number is released whatever close() answers.
  close: { lasting: ['EDQUOT', 'EINTR', 'EIO', 'ENOSPC'] },
  pthread_create: { lasting: ['EAGAIN', 'EINVAL', 'EPERM'] },
};
