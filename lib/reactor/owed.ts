// Exceptional conditions of which somebody has yet to be told, because a pass was left before: the system
// tells of some only once.
import { fstatSync } from 'node:fs';
import { POLLPRI } from '../system/constants.ts';
import type { Batch } from './dispatch.ts';
import type { Registration } from './registration.ts';

/** Whether the system may tell of an exceptional condition only once, as of /proc/self/mounts: sockets repeat it. */
function isToldOnce(fd: number): boolean {
  try {
    return !fstatSync(fd).isSocket();
  } catch {
    return false;
  }
}

export class Owed {
  #registrations: Registration[] = [];

  get isEmpty(): boolean {
    return this.#registrations.length === 0;
  }

  /** The next pass is to tell `registration`, if the system would not; whether that is so. */
  add(registration: Registration): boolean {
    if (!isToldOnce(registration.fd)) return false;
    this.#registrations.push(registration);
    return true;
  }

  /** Has `batch` tell those who are still there and want to know. */
  moveTo(batch: Batch): void {
    for (const registration of this.#registrations.splice(0)) {
      if (registration.live && registration.events & POLLPRI) batch.merge(registration, POLLPRI);
    }
  }
}
