// The calls into a channel, each guarded: what a handler throws, or the promise it returns rejects
// with, goes to that channel's handleError(); ExitNow and what handleError itself throws leave.

import { POLLERR, POLLHUP, POLLIN, POLLNVAL, POLLOUT, POLLPRI } from '../system/constants.ts';
import { DISCONNECTED, ExitNow, systemCode } from '../system/errors.ts';
import type { Channel } from './channel.ts';

const GONE = POLLHUP | POLLERR | POLLNVAL;

/** Takes what leaves a guard when nobody is there any more to catch it. */
type Leave = (error: unknown) => void;

/** The pass under way: its loop ends with what a promise of its handlers rejects with later. */
export const underWay: { leave: Leave } = {
  leave: (error) => {
    throw error;
  },
};

/** Hands `error` to the channel it comes from. */
export function fault(channel: Channel, error: unknown, leave: Leave = underWay.leave): void {
  if (error instanceof ExitNow) throw error;
  const result = channel.handleError(error);
  // Not handed to handleError() again: an async one that always throws would never end.
  if (result instanceof Promise) result.catch(leave);
}

/** A handler that is an async function has its rejection heard, too. */
function settle(channel: Channel, result: unknown): void {
  if (!(result instanceof Promise)) return;
  const { leave } = underWay;
  result.catch((error: unknown) => {
    try {
      fault(channel, error, leave);
    } catch (reason) {
      leave(reason);
    }
  });
}

/** `handleReadEvent()` of the channel, guarded. */
export function read(channel: Channel): void {
  try {
    settle(channel, channel.handleReadEvent());
  } catch (error) {
    fault(channel, error);
  }
}

/** `handleWriteEvent()` of the channel, guarded. */
export function write(channel: Channel): void {
  try {
    settle(channel, channel.handleWriteEvent());
  } catch (error) {
    fault(channel, error);
  }
}

/** `handleExptEvent()` of the channel, guarded: asyncore's `_exception`. */
export function exception(channel: Channel): void {
  try {
    settle(channel, channel.handleExptEvent());
  } catch (error) {
    fault(channel, error);
  }
}

/** `handleClose()` of the channel, guarded. */
export function close(channel: Channel): void {
  try {
    settle(channel, channel.handleClose());
  } catch (error) {
    fault(channel, error);
  }
}

/** Tells whether the channel is still to be served. */
export interface Registration {
  readonly live: boolean;
}

const ALWAYS: Registration = { live: true };

/**
 * Serves the events `flags` (POLL*) of one channel in asyncore's order: read, write, exception,
 * close. A hang-up or error that comes together with input only reads: close follows when the input
 * is drained, so nothing that the peer sent is lost.
 *
 * The steps share one guard, as in asyncore: what one of them throws ends the others. A system error
 * that says that the peer is gone closes the channel.
 */
export function readwrite(channel: Channel, flags: number, registration: Registration = ALWAYS): void {
  try {
    if (flags & POLLIN) settle(channel, channel.handleReadEvent());
    if (flags & POLLOUT && registration.live) settle(channel, channel.handleWriteEvent());
    if (flags & POLLPRI && registration.live) settle(channel, channel.handleExptEvent());
    if (flags & GONE && !(flags & POLLIN) && registration.live) settle(channel, channel.handleClose());
  } catch (error) {
    const code = systemCode(error);
    if (code !== undefined && DISCONNECTED.has(code)) settle(channel, channel.handleClose());
    else fault(channel, error);
  }
}
