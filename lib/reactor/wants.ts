// What a channel wants to wait for, and the events to request from the system for it.
import { POLLIN, POLLOUT, POLLPRI } from '../system/constants.ts';
import { type Backend, POLL } from '../system/native.ts';
import type { Channel } from './channel.ts';
import { ENDED, fault, type Guarded, OVERLOOKED, UNREAD } from './guard.ts';
import { OUT } from './poll_set.ts';

export const WANTS_READ = 1;
export const WANTS_WRITE = 2;
/** Exceptional conditions, which asyncore asks select(2) for more often than poll(2). */
const FROM_SELECT = 4;
const FROM_POLL = 8;
const WANTS_EXCEPTION = FROM_SELECT | FROM_POLL;

/** Not known yet: differs from every answer. */
export const UNKNOWN = -1;

/** What is known of the channel that is asked. */
export interface Asked extends Guarded {
  /** Whether its exceptional() must be called. */
  readonly asksExceptional: boolean;
}

/** Asks the channel what it wants to wait for. */
export function wantsOf(channel: Channel, asked: Asked): number {
  try {
    // What it is to receive again came before the end.
    const isReadable = (asked.held & (ENDED | UNREAD)) !== ENDED && channel.readable();
    const isWritable = channel.writable();
    let wants = isReadable ? WANTS_READ | WANTS_EXCEPTION : 0;
    // Accepting channels never wait for write.
    if (isWritable) wants |= channel.accepting ? FROM_SELECT : FROM_SELECT | WANTS_WRITE;
    if (!asked.asksExceptional) return wants;
    const isExceptional = channel.exceptional?.();
    if (isExceptional === undefined) return wants;
    return isExceptional ? wants | WANTS_EXCEPTION : wants & ~WANTS_EXCEPTION;
  } catch (error) {
    // The channel sits out this pass and is asked again in the next.
    fault(channel, asked, error);
    return 0;
  }
}

/** What poll(2) or select(2) is asked for, by what the channel wants and which events are held back. */
export function eventsOf(wants: number, backend: Backend, held: number): number {
  let events = 0;
  if (wants & WANTS_READ) events |= POLLIN;
  if (wants & WANTS_WRITE) events |= POLLOUT;
  if (wants & (backend === POLL ? FROM_POLL : FROM_SELECT)) events |= POLLPRI;
  events &= ~(held & OVERLOOKED ? held | POLLPRI : held);
  return events === 0 ? OUT : events;
}
