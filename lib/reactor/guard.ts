// The calls into a channel, each guarded: what a handler throws, or what the promise that it returns
// rejects with, goes to that channel's handleError(). ExitNow, and what handleError() itself throws,
// leave the loop.
import { POLLERR, POLLHUP, POLLIN, POLLNVAL, POLLOUT, POLLPRI } from '../system/constants.ts';
import { DISCONNECTED, ExitNow, systemCode } from '../system/errors.ts';
import type { Channel } from './channel.ts';

const GONE = POLLHUP | POLLERR | POLLNVAL;

/** What a guard has to know of the channel's registration. */
export interface Guarded {
  /** Whether the channel is still to be served. */
  readonly live: boolean;
  /** Leaves the loop with `error`, when it comes too late to be thrown. */
  leave(error: unknown): void;
}

/** For a channel that no loop serves. */
export const UNREGISTERED: Guarded = {
  live: true,
  leave(error) {
    throw error;
  },
};

/** Hands `error` to the channel that it comes from. */
export function fault(channel: Channel, guarded: Guarded, error: unknown): void {
  if (error instanceof ExitNow) throw error;
  const result = channel.handleError(error);
  // Not handed to handleError() again: an async one that always throws would never end.
  if (result instanceof Promise) result.catch((reason: unknown) => guarded.leave(reason));
}

/** Listens for the rejection of a handler that is an async function. */
function settle(channel: Channel, guarded: Guarded, result: unknown): void {
  if (!(result instanceof Promise)) return;
  result.catch((error: unknown) => {
    try {
      fault(channel, guarded, error);
    } catch (reason) {
      guarded.leave(reason);
    }
  });
}

/** `step()`, guarded as a handler of the channel is. */
export function run(channel: Channel, guarded: Guarded, step: () => unknown): void {
  try {
    settle(channel, guarded, step());
  } catch (error) {
    fault(channel, guarded, error);
  }
}

/** `handleReadEvent()` of the channel, guarded. */
export function read(channel: Channel, guarded: Guarded): void {
  try {
    settle(channel, guarded, channel.handleReadEvent());
  } catch (error) {
    fault(channel, guarded, error);
  }
}

/** `handleWriteEvent()` of the channel, guarded. */
export function write(channel: Channel, guarded: Guarded): void {
  try {
    settle(channel, guarded, channel.handleWriteEvent());
  } catch (error) {
    fault(channel, guarded, error);
  }
}

/** `handleExptEvent()` of the channel, guarded: asyncore's `_exception`. */
export function exception(channel: Channel, guarded: Guarded): void {
  run(channel, guarded, () => channel.handleExptEvent());
}

/** `handleClose()` of the channel, guarded. */
export function close(channel: Channel, guarded: Guarded): void {
  run(channel, guarded, () => channel.handleClose());
}

/**
 * Serves the events `flags` (POLL*) of one channel in asyncore's order: read, write, exception,
 * close. A hang-up or error that comes together with input only reads: close follows when the input
 * is drained, so that nothing that the peer sent is lost.
 *
 * The steps share one guard, as in asyncore: what one of them throws ends the others. A system error
 * which says that the peer is gone closes the channel.
 */
export function readwrite(channel: Channel, guarded: Guarded, flags: number): void {
  try {
    if (flags & POLLIN) settle(channel, guarded, channel.handleReadEvent());
    if (flags & POLLOUT && guarded.live) settle(channel, guarded, channel.handleWriteEvent());
    if (flags & POLLPRI && guarded.live) settle(channel, guarded, channel.handleExptEvent());
    if (flags & GONE && !(flags & POLLIN) && guarded.live) settle(channel, guarded, channel.handleClose());
  } catch (error) {
    const code = systemCode(error);
    if (code !== undefined && DISCONNECTED.has(code)) settle(channel, guarded, channel.handleClose());
    else fault(channel, guarded, error);
  }
}
