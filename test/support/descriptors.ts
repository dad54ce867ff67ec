// The descriptors that this process has open.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

const EVENTFD = 'anon_inode:[eventfd]';

/**
 * What each open descriptor is, by number, except the one that reads the directory, and except
 * eventfds: the reactor's comes with a wait and goes a second after the last.
 */
export function openDescriptors(): Map<number, string> {
  const open = new Map<number, string>();
  for (const name of readdirSync('/proc/self/fd')) {
    try {
      const file = readlinkSync(`/proc/self/fd/${name}`);
      if (file !== EVENTFD) open.set(Number(name), file);
    } catch {
      // The directory's own descriptor, closed by now.
    }
  }
  return open;
}

/** What is open that was not, or was something else, when openDescriptors() returned `before`. */
export function openedSince(before: ReadonlyMap<number, string>): [fd: number, what: string][] {
  return [...openDescriptors()].filter(([fd, what]) => before.get(fd) !== what);
}

function numbersOf(file: string): number[] {
  return readdirSync('/proc/self/fd')
    .map(Number)
    .filter((fd) => {
      try {
        return readlinkSync(`/proc/self/fd/${fd}`) === file;
      } catch {
        return false;
      }
    });
}

/** The numbers of this process's eventfds. */
export function eventfds(): number[] {
  return numbersOf(EVENTFD);
}

/** The numbers of this process's epoll instances. */
export function epolls(): number[] {
  return numbersOf('anon_inode:[eventpoll]');
}

/** Which descriptors are entered in an epoll instance. */
export function entered(epoll: number): number[] {
  const entries = readFileSync(`/proc/self/fdinfo/${epoll}`, 'utf8').matchAll(/^tfd:\s*(\d+)/gm);
  return [...entries].map(([, fd]) => Number(fd));
}

/** How many threads this process has. */
export function threads(): number {
  return readdirSync('/proc/self/task').length;
}
