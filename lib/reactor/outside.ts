// Calls into a channel from outside the loop's own passes: by the library's own methods, which a user
// may have called, and when an answer arrives for which nobody waits.
import type { Channel } from './channel.ts';
import { CLOSE, fault, type Guarded, ONCE, settle, TAKEN, UNREGISTERED } from './guard.ts';
import { type BuiltInChannel, held, isBuiltInChannel, registration } from './interest.ts';

/** What guards the calls into `channel`: its registration, if it has one. */
export function guardOf(channel: Channel): Guarded {
  return (isBuiltInChannel(channel) ? channel[registration] : undefined) ?? UNREGISTERED;
}

/** Calls a handler. What it throws is the caller's; a promise that it returns is heard. */
export function call(channel: Channel, kind: number, handler: () => unknown): void {
  const guarded = guardOf(channel);
  settle(channel, guarded, handler(), kind);
}

/** Calls handleClose(), or `handler` in its place, unless a promise of either is pending. */
export function callClosing(channel: BuiltInChannel, handler: () => unknown = () => channel.handleClose()): void {
  // Somebody who stands in its place has not been told.
  if ((channel[held] & (CLOSE | TAKEN)) !== CLOSE) call(channel, CLOSE, handler);
}

/** Hands `error` to the channel's handleError(). */
export function report(channel: Channel, error: unknown): void {
  fault(channel, guardOf(channel), error);
}

/** Runs `step` as a handler of the channel; what leaves it ends the loop. */
export function deliver(channel: Channel, step: () => unknown): void {
  const guarded = guardOf(channel);
  try {
    try {
      settle(channel, guarded, step(), ONCE);
    } catch (error) {
      fault(channel, guarded, error);
    }
  } catch (reason) {
    guarded.leave(reason);
  }
}
