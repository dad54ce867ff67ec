// Guarded calls into a channel: an error that a handler throws, or that its promise rejects with,
// goes to that channel's handleError(). ExitNow and errors from handleError() itself end the loop.
// While a promise is pending, events of its kind are held back.
import { channel as diagnosticsChannel } from 'node:diagnostics_channel';
import { POLLERR, POLLHUP, POLLIN, POLLNVAL, POLLOUT, POLLPRI } from '../system/constants.ts';
import { debug } from '../system/debug.ts';
import { isDisconnect, isExitNow } from '../system/errors.ts';
import { escaped, nameOf, textOf } from '../system/text.ts';
import type { Channel } from './channel.ts';
import { hungUp, isBuiltInChannel } from './interest.ts';

const GONE = POLLHUP | POLLERR | POLLNVAL;

/** The kinds of event of which one is served at a time, as bits. */
export const READ = POLLIN;
export const WRITE = POLLOUT;
export const EXCEPTION = POLLPRI;
export const CLOSE = POLLHUP;
/** Of no kind: a promise of its handler is heard and holds nothing back. */
export const ONCE = 0;
/** Not a kind: the channel is not polled at all until something else is released. */
export const ALL = 1 << 30;

/** Not a kind: an exceptional condition that nobody can take away is not asked for. */
export const OVERLOOKED = 1 << 29;

/** Of handleEof(): the recv() that calls it may be part of a handler that is pending, too. */
export const EOF = 1 << 27;

/** Not a kind: the peer has ended its side, and the channel is not asked whether it wants to read. */
export const ENDED = 1 << 28;

/** Not a kind: somebody else stands in the channel's place, from whom nothing is held back. */
export const TAKEN = 1 << 26;

/** Not a kind, and holds nothing back: the channel is to receive again what somebody received in its place. */
export const UNREAD = 1 << 25;

/** What a guard needs to know about the channel's registration. */
export interface Guarded {
  /** Whether the channel still gets events. */
  readonly live: boolean;
  /** The kinds of event that are held back. */
  readonly held: number;
  hold(kind: number): void;
  release(kind: number): void;
  /** It is to be told in the next pass of an exceptional condition that the system may not repeat. */
  owe(): void;
  /** Ends the loop with `error`, if it is too late to throw it. */
  leave(error: unknown): void;
}

/** For a channel without a loop. */
export const UNREGISTERED: Guarded = {
  live: true,
  held: 0,
  hold() {},
  release() {},
  owe() {},
  leave(error) {
    throw error;
  },
};

/** A promise of any realm, or an object that acts as one. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return false;
  return 'then' in value && typeof value.then === 'function';
}

/** What `thenable` settles with. Its own methods, and a Promise that a program has replaced, cannot throw here. */
export async function promised<T>(thenable: PromiseLike<T>): Promise<T> {
  return await thenable;
}

/** What `asyncore:error` tells, before the channel's handleError() is called. */
export interface ErrorMessage {
  /** The channel. */
  readonly channel: Channel;
  /** What its handler has thrown, or its promise rejected with. */
  readonly error: unknown;
}

const errors = diagnosticsChannel('asyncore:error');

function tell(channel: Channel, error: unknown): void {
  if (debug.enabled) debug('%s: error: %s', nameOf(channel), escaped(textOf(error)));
  if (!errors.hasSubscribers) return;
  const message: ErrorMessage = { channel, error };
  errors.publish(message);
}

/** Passes `error` to the channel it comes from. */
export function fault(channel: Channel, guarded: Guarded, error: unknown): void {
  if (isExitNow(error)) throw error;
  tell(channel, error);
  const result = channel.handleError(error);
  // Not passed to handleError() again: an async one that always throws would never end.
  if (isThenable(result)) leaveIfRejected(guarded, result);
}

async function leaveIfRejected(guarded: Guarded, result: PromiseLike<unknown>): Promise<void> {
  try {
    await result;
  } catch (reason) {
    guarded.leave(reason);
  }
}

/** Hears the promise of an async handler, and holds back events of its kind until then. */
export function settle(channel: Channel, guarded: Guarded, result: unknown, kind: number): void {
  if (isThenable(result)) hear(channel, guarded, result, kind);
}

async function hear(channel: Channel, guarded: Guarded, result: PromiseLike<unknown>, kind: number): Promise<void> {
  guarded.hold(kind);
  try {
    await result;
    guarded.release(kind);
  } catch (error) {
    guarded.release(kind);
    try {
      fault(channel, guarded, error);
    } catch (reason) {
      guarded.leave(reason);
    }
  }
}

/** Calls the channel's `handleClose()`, unless its promise is pending. */
export function settleClose(channel: Channel, guarded: Guarded): void {
  if ((guarded.held & CLOSE) === 0) settle(channel, guarded, channel.handleClose(), CLOSE);
}

/** Calls the channel's `handleReadEvent()`, guarded. */
export function read(channel: Channel, guarded: Guarded): void {
  if (guarded.held & READ) return;
  try {
    settle(channel, guarded, channel.handleReadEvent(), READ);
  } catch (error) {
    fault(channel, guarded, error);
  }
}

/** Calls the channel's `handleWriteEvent()`, guarded. */
export function write(channel: Channel, guarded: Guarded): void {
  if (guarded.held & WRITE) return;
  try {
    settle(channel, guarded, channel.handleWriteEvent(), WRITE);
  } catch (error) {
    fault(channel, guarded, error);
  }
}

/** Calls the channel's `handleExptEvent()`, guarded: asyncore's `_exception`. */
export function exception(channel: Channel, guarded: Guarded): void {
  if (guarded.held & EXCEPTION) return;
  try {
    settle(channel, guarded, channel.handleExptEvent(), EXCEPTION);
  } catch (error) {
    fault(channel, guarded, error);
  }
}

/** Calls the channel's `handleClose()`, guarded. */
export function close(channel: Channel, guarded: Guarded): void {
  try {
    settleClose(channel, guarded);
  } catch (error) {
    fault(channel, guarded, error);
  }
}

/**
 * Delivers the events `flags` (POLL*) to one channel in asyncore's order: read, write, exception,
 * close. If a hang-up or error arrives together with input, only the read happens: close follows
 * when the input is drained, so nothing that the peer sent is lost.
 *
 * The steps share one guard, as in asyncore: if one of them throws, the rest are skipped. A system
 * error that means the peer is gone closes the channel.
 */
export function readwrite(channel: Channel, guarded: Guarded, flags: number): void {
  const wanted = flags & ~guarded.held;
  let exceptional = wanted & POLLPRI;
  try {
    if (wanted & POLLIN) settle(channel, guarded, channel.handleReadEvent(), READ);
    if (wanted & POLLOUT && guarded.live) settle(channel, guarded, channel.handleWriteEvent(), WRITE);
    if (exceptional && guarded.live) {
      exceptional = 0;
      settle(channel, guarded, channel.handleExptEvent(), EXCEPTION);
    }
    if (flags & GONE && !(flags & POLLIN) && guarded.live) closeDrained(channel, guarded, flags);
  } catch (error) {
    if (exceptional) guarded.owe();
    if (isDisconnect(error)) settleClose(channel, guarded);
    else fault(channel, guarded, error);
  }
}

/** Closes a channel whose peer is gone, unless input may be left that a pending handler has yet to read. */
function closeDrained(channel: Channel, guarded: Guarded, flags: number): void {
  // Files (/proc/self/mounts, sysfs) say so of every exceptional condition; of a socket's error,
  // handleExptEvent() has been told.
  if ((flags & (GONE | POLLPRI)) === (POLLERR | POLLPRI)) return;
  // Nothing masks a hang-up, so the channel must not be polled until the handler is done.
  if (guarded.held & (READ | EOF)) guarded.hold(ALL);
  else if (!(guarded.held & CLOSE)) {
    const isOnlyHungUp = (flags & GONE) === POLLHUP && isBuiltInChannel(channel);
    settle(channel, guarded, isOnlyHungUp ? channel[hungUp]() : channel.handleClose(), CLOSE);
  }
}
