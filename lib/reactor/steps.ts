// asyncore's functions read(), write(), _exception() and readwrite(): the guarded calls, for any
// channel and with checked arguments.
import { integer } from '../system/arguments.ts';
import { invalidType } from '../system/errors.ts';
import type { Channel } from './channel.ts';
import * as guard from './guard.ts';
import { guardOf } from './outside.ts';

function checkChannel(channel: unknown): void {
  if (typeof channel === 'object' && channel !== null && 'handleError' in channel) return;
  throw invalidType('channel', 'an object with the methods of a channel', channel);
}

/** Calls the channel's `handleReadEvent()`; what that throws goes to its `handleError()`. */
export function read(channel: Channel): void {
  checkChannel(channel);
  guard.read(channel, guardOf(channel));
}

/** Calls the channel's `handleWriteEvent()`, guarded in the same way. */
export function write(channel: Channel): void {
  checkChannel(channel);
  guard.write(channel, guardOf(channel));
}

/** Calls the channel's `handleExptEvent()`, guarded in the same way: asyncore's `_exception`. */
export function exception(channel: Channel): void {
  checkChannel(channel);
  guard.exception(channel, guardOf(channel));
}

/**
 * Delivers the events `flags` (POLL*) to one channel: read, write, exception, close. If a hang-up
 * or error arrives together with input, only the read happens; close follows when the input is
 * drained.
 *
 * If one of the steps throws, the rest are skipped; a system error that means the peer is gone
 * closes the channel.
 */
export function readwrite(channel: Channel, flags: number): void {
  checkChannel(channel);
  guard.readwrite(channel, guardOf(channel), integer(flags, 'flags', -(2 ** 31)));
}
