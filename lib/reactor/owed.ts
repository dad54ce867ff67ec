// What the next pass tells without the system: exceptional conditions, because a pass was left before and the
// system tells of some only once; and that there is input which a channel is to receive again.
import { fstatSync } from 'node:fs';
import { POLLIN, POLLPRI } from '../system/constants.ts';
import { progress } from '../system/progress.ts';
import type { Batch } from './dispatch.ts';
import { UNREAD } from './guard.ts';
import { OUT } from './poll_set.ts';
import type { Registration } from './registration.ts';
import { WANTS_READ } from './wants.ts';

/** Whether the system may tell of an exceptional condition only once, as of /proc/self/mounts: sockets repeat it. */
function isToldOnce(fd: number): boolean {
  try {
    return !fstatSync(fd).isSocket();
  } catch {
    return false;
  }
}

function isToReceive({ held, events }: Registration): boolean {
  return (held & UNREAD) !== 0 && events !== OUT && (events & POLLIN) !== 0;
}

export class Owed {
  #registrations: Registration[] = [];
  readonly #receivers = new Set<Registration>();

  get isEmpty(): boolean {
    return this.#registrations.length === 0 && this.#receivers.size === 0;
  }

  /** The next pass is to tell `registration`, if the system would not; whether that is so. */
  add(registration: Registration): boolean {
    if (!isToldOnce(registration.fd)) return false;
    this.#registrations.push(registration);
    return true;
  }

  /**
   * The next pass tells `registration` of input, if there is some to be received again; whether that is so. Not
   * once more if its handler has taken none: it may receive in a way of its own, and would be told for ever.
   */
  addReceiver(registration: Registration): boolean {
    if (!(registration.wants & WANTS_READ)) registration.toldAt = -1;
    if (!isToReceive(registration) || registration.toldAt === progress.count) return false;
    this.#receivers.add(registration);
    return true;
  }

  /** Has `batch` tell those who are still there and want to know. */
  moveTo(batch: Batch): void {
    for (const registration of this.#registrations.splice(0)) {
      if (registration.live && registration.events & POLLPRI) batch.merge(registration, POLLPRI);
    }
    for (const registration of this.#receivers) {
      if (registration.live && isToReceive(registration)) batch.merge(registration, POLLIN);
    }
    this.#receivers.clear();
  }
}
