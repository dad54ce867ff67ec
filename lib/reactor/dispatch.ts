// The events of one pass, and the order in which channels receive them.
import { POLLIN, POLLNVAL, POLLOUT, POLLPRI } from '../system/constants.ts';
import { type Backend, POLL } from '../system/native.ts';
import type { Channel } from './channel.ts';
import { close, exception, type Guarded, read, readwrite, write } from './guard.ts';
import { restsUntil } from './interest.ts';
import type { Registration } from './registration.ts';

/**
 * The events that happened, and the registrations they belong to. The arrays are reused and never
 * shortened, because shortening takes the engine as long as a call into the addon.
 */
export class Batch {
  readonly registrations: (Registration | undefined)[] = [];
  readonly flags: number[] = [];
  size = 0;

  add(registration: Registration, flags: number): void {
    this.registrations[this.size] = registration;
    this.flags[this.size++] = flags;
  }

  /** Adds to what has happened to one that may be in it. */
  merge(registration: Registration, flags: number): void {
    const place = this.registrations.indexOf(registration);
    if (place < 0 || place >= this.size) this.add(registration, flags);
    else this.flags[place] = (this.flags[place] ?? 0) | flags;
  }

  /** Those who have not been told of `flag`. */
  untold(flag: number): Registration[] {
    return this.registrations.slice(0, this.size).filter((registration, i): registration is Registration => {
      return registration?.live === true && ((this.flags[i] ?? 0) & flag) !== 0;
    });
  }

  /** Drops the registrations, so that channels that have left their map can be garbage-collected. */
  clear(): void {
    for (let i = 0; i < this.size; i++) this.registrations[i] = undefined;
    this.size = 0;
  }
}

/** A guarded call that serves an event. */
export type Step = (channel: Channel, guarded: Guarded, flags: number) => void;

/** The guarded calls for the kinds of event. */
export interface Steps {
  readonly read: Step;
  readonly write: Step;
  readonly exception: Step;
  readonly close: Step;
  readonly readwrite: Step;
}

export const steps: Steps = { read, write, exception, close, readwrite };

/** Delivers a batch in the order of the backend. */
export function dispatch(batch: Batch, backend: Backend, by: Steps = steps): void {
  if (backend === POLL) dispatchPolled(batch, by.readwrite);
  else dispatchSelected(batch, by);
}

/** Channel by channel: read, write, exception, close. */
function dispatchPolled({ registrations, flags, size }: Batch, readwrite: Step): void {
  for (let i = 0; i < size; i++) {
    const registration = registrations[i];
    const happened = flags[i] ?? 0;
    flags[i] = 0;
    if (registration?.live) registration.serve(happened, readwrite);
  }
}

/** All reads, then all writes, then all exceptions. A descriptor that is not open is closed. */
function dispatchSelected(batch: Batch, { read, write, exception, close }: Steps): void {
  const { registrations, flags, size } = batch;
  for (let i = 0; i < size; i++) {
    const registration = registrations[i];
    const happened = flags[i] ?? 0;
    if (!registration?.live) continue;
    if (happened & POLLIN) registration.serve(POLLIN, read);
    else if (happened & POLLNVAL) registration.serve(POLLNVAL, close);
  }
  dispatchPhase(batch, POLLOUT, write);
  dispatchPhase(batch, POLLPRI, exception);
}

function dispatchPhase({ registrations, flags, size }: Batch, flag: number, serve: Step): void {
  for (let i = 0; i < size; i++) {
    const registration = registrations[i];
    const happened = flags[i] ?? 0;
    flags[i] = happened & ~flag;
    // A channel whose connect was refused earlier in the pass gets no further events in it.
    if (registration?.live && happened & flag && restsUntil(registration.channel) === 0) {
      registration.serve(flag, serve);
    }
  }
}
