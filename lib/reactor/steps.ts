// asyncore's functions read(), write(), _exception() and readwrite(): the guarded calls for any
// channel, with their arguments checked.
import { integer } from '../system/arguments.ts';
import { invalidType } from '../system/errors.ts';
import type { Channel } from './channel.ts';
import * as guard from './guard.ts';
import { guardOf } from './outside.ts';

function checkChannel(channel: unknown): void {
  if (typeof channel === 'object' && channel !== null && 'handleError' in channel) return;
  throw invalidType('channel', 'an object with the methods of a channel', channel);
}

/** `handleReadEvent()` of the channel, guarded: what it throws goes to its `handleError()`. */
export function read(channel: Channel): void {
  checkChannel(channel);
  guard.read(channel, guardOf(channel));
}

/** `handleWriteEvent()` of the channel, guarded. */
export function write(channel: Channel): void {
  checkChannel(channel);
  guard.write(channel, guardOf(channel));
}

/** `handleExptEvent()` of the channel, guarded: asyncore's `_exception`. */
export function exception(channel: Channel): void {
  checkChannel(channel);
  guard.exception(channel, guardOf(channel));
}

/**
 * Serves the events `flags` (POLL*) of one channel: read, write, exception, close. A hang-up or
 * error that comes together with input only reads; close follows when the input is drained.
 *
 * What one of the steps throws ends the others; a system error which says that the peer is gone
 * closes the channel.
 */
export function readwrite(channel: Channel, flags: number): void {
  checkChannel(channel);
  guard.readwrite(channel, guardOf(channel), integer(flags, 'flags', -(2 ** 31)));
}
