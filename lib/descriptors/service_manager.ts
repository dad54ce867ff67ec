// What a service manager (systemd) and its service tell each other: the sockets that it listens on for
// the service, LISTEN_FDS, and the service's state, NOTIFY_SOCKET.
import { constants } from 'node:os';
import { isMainThread } from 'node:worker_threads';
import type { Data } from '../system/arguments.ts';
import { AF_UNIX, SOCK_DGRAM } from '../system/constants.ts';
import { invalidType, invalidValue, SystemError, systemCode } from '../system/errors.ts';
import type { FileLike } from '../system/file_like.ts';
import { sendFds } from './passing.ts';
import { Socket } from './socket.ts';

/** The number of the first descriptor that is handed over. */
const FIRST = 3;
const { EAFNOSUPPORT } = constants.errno;

/** The sockets that were handed over, and whom they are for; emptied as they are taken. */
const waiting: { name: string; fd: number }[] = [];

/** Reads LISTEN_FDS once, and removes it, so that no child process takes the sockets for its own. */
function readEnvironment(): void {
  const { LISTEN_PID, LISTEN_FDS, LISTEN_FDNAMES = '' } = process.env;
  if (LISTEN_FDS === undefined || LISTEN_PID !== String(process.pid)) return;
  const count = Number(LISTEN_FDS);
  if (!/^\d{1,7}$/.test(LISTEN_FDS)) throw invalidValue('LISTEN_FDS', 'a number of descriptors', LISTEN_FDS);
  for (const name of ['LISTEN_PID', 'LISTEN_FDS', 'LISTEN_FDNAMES']) delete process.env[name];
  const names = LISTEN_FDNAMES.split(':');
  for (let i = 0; i < count; i++) waiting.push({ name: names[i] || 'unknown', fd: FIRST + i });
}

/**
 * The sockets that a service manager has opened for this process (systemd's socket activation), each
 * of them once: all, or those that are called `name` (`FileDescriptorName=`). A listening one is ready for
 * `new Dispatcher(socket)`, which accepts. Empty if there are none, and in worker threads. What is
 * no socket (`ListenFIFO=`) stays where it is, from 3 on.
 *
 * Source: sd_listen_fds(3).
 */
export function listenFds(name?: string): Socket[] {
  if (name !== undefined && typeof name !== 'string') throw invalidType('name', 'of type string', name);
  if (!isMainThread) return [];
  readEnvironment();
  const taken = name === undefined ? [...waiting] : waiting.filter((each) => each.name === name);
  const sockets: Socket[] = [];
  for (const each of taken) {
    waiting.splice(waiting.indexOf(each), 1);
    try {
      sockets.push(Socket.fromFd(each.fd));
    } catch (error) {
      if (systemCode(error) !== 'ENOTSOCK') throw error;
    }
  }
  return sockets;
}

/**
 * Tells the service manager how the service is (`'READY=1'`, `'STOPPING=1'`, `'STATUS=...'`,
 * `'WATCHDOG=1'`; several in lines), with descriptors for `'FDSTORE=1'` to keep. Whether there is a service
 * manager that wants to know.
 *
 * Source: sd_notify(3).
 */
export function sdNotify(state: Data, fds: readonly FileLike[] = []): boolean {
  const { NOTIFY_SOCKET } = process.env;
  if (NOTIFY_SOCKET === undefined || NOTIFY_SOCKET === '') return false;
  if (!/^[/@]./.test(NOTIFY_SOCKET)) throw new SystemError(-EAFNOSUPPORT, 'sendmsg', NOTIFY_SOCKET);
  const sock = new Socket(AF_UNIX, SOCK_DGRAM);
  try {
    const address = NOTIFY_SOCKET.replace(/^@/, '\0');
    if (fds.length > 0) sendFds(sock, [state], fds, 0, address);
    else sock.sendto(state, address);
  } finally {
    sock.close();
  }
  return true;
}
