// What a channel wants to wait for, and the events to request from the system for it.
import { POLLIN, POLLOUT, POLLPRI } from '../system/constants.ts';
import { type Backend, POLL, SELECT } from '../system/native.ts';
import type { Channel } from './channel.ts';
import { fault, type Guarded, OVERLOOKED } from './guard.ts';
import { OUT } from './poll_set.ts';

const WANTS_READ = 1;
const WANTS_WRITE = 2;
const WANTS_EXCEPTION = 4;

/** Not known yet: differs from every answer. */
export const UNKNOWN = -1;

/** Asks the channel what it wants to wait for. */
export function wantsOf(channel: Channel, guarded: Guarded): number {
  try {
    const isReadable = channel.readable();
    const isWritable = channel.writable();
    // Accepting channels never wait for write.
    if (isWritable) return (isReadable ? WANTS_READ : 0) | (channel.accepting ? 0 : WANTS_WRITE) | WANTS_EXCEPTION;
    return isReadable ? WANTS_READ | WANTS_EXCEPTION : 0;
  } catch (error) {
    // The channel sits out this pass and is asked again in the next.
    fault(channel, guarded, error);
    return 0;
  }
}

/** What poll(2) or select(2) is asked for, by what the channel wants and which events are held back. */
export function eventsOf(wants: number, backend: Backend, held: number): number {
  let events = 0;
  if (wants & WANTS_READ) events |= backend === POLL ? POLLIN | POLLPRI : POLLIN;
  if (wants & WANTS_WRITE) events |= POLLOUT;
  if (wants & WANTS_EXCEPTION && backend === SELECT) events |= POLLPRI;
  events &= ~(held & OVERLOOKED ? held | POLLPRI : held);
  return events === 0 ? OUT : events;
}
