// The calls into a channel, each guarded: what a handler throws, or what the promise that it returns
// rejects with, goes to that channel's handleError(). ExitNow, and what handleError() itself throws,
// leave the loop. While a promise is pending, events of its kind are held back.
import { POLLERR, POLLHUP, POLLIN, POLLNVAL, POLLOUT, POLLPRI } from '../system/constants.ts';
import { DISCONNECTED, ExitNow, systemCode } from '../system/errors.ts';
import type { Channel } from './channel.ts';

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

/** What a guard has to know of the channel's registration. */
export interface Guarded {
  /** Whether the channel is still to be served. */
  readonly live: boolean;
  /** The kinds of event that are held back. */
  readonly held: number;
  hold(kind: number): void;
  release(kind: number): void;
  /** Leaves the loop with `error`, when it comes too late to be thrown. */
  leave(error: unknown): void;
}

/** For a channel that no loop serves. */
export const UNREGISTERED: Guarded = {
  live: true,
  held: 0,
  hold() {},
  release() {},
  leave(error) {
    throw error;
  },
};

/** A promise of any realm, or an object that acts as one. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}

/** Hands `error` to the channel that it comes from. */
export function fault(channel: Channel, guarded: Guarded, error: unknown): void {
  if (error instanceof ExitNow) throw error;
  const result = channel.handleError(error);
  // Not handed to handleError() again: an async one that always throws would never end.
  if (isThenable(result)) Promise.resolve(result).catch((reason: unknown) => guarded.leave(reason));
}

/** Hears the promise of an async handler, and holds back events of its kind until then. */
export function settle(channel: Channel, guarded: Guarded, result: unknown, kind: number): void {
  if (!isThenable(result)) return;
  guarded.hold(kind);
  const release = () => guarded.release(kind);
  Promise.resolve(result).then(release, (error: unknown) => {
    release();
    try {
      fault(channel, guarded, error);
    } catch (reason) {
      guarded.leave(reason);
    }
  });
}

/** `handleReadEvent()` of the channel, guarded. */
export function read(channel: Channel, guarded: Guarded): void {
  if (guarded.held & READ) return;
  try {
    settle(channel, guarded, channel.handleReadEvent(), READ);
  } catch (error) {
    fault(channel, guarded, error);
  }
}

/** `handleWriteEvent()` of the channel, guarded. */
export function write(channel: Channel, guarded: Guarded): void {
  if (guarded.held & WRITE) return;
  try {
    settle(channel, guarded, channel.handleWriteEvent(), WRITE);
  } catch (error) {
    fault(channel, guarded, error);
  }
}

/** `handleExptEvent()` of the channel, guarded: asyncore's `_exception`. */
export function exception(channel: Channel, guarded: Guarded): void {
  if (guarded.held & EXCEPTION) return;
  try {
    settle(channel, guarded, channel.handleExptEvent(), EXCEPTION);
  } catch (error) {
    fault(channel, guarded, error);
  }
}

/** `handleClose()` of the channel, guarded. */
export function close(channel: Channel, guarded: Guarded): void {
  if (guarded.held & CLOSE) return;
  try {
    settle(channel, guarded, channel.handleClose(), CLOSE);
  } catch (error) {
    fault(channel, guarded, error);
  }
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
  const wanted = flags & ~guarded.held;
  try {
    if (wanted & POLLIN) settle(channel, guarded, channel.handleReadEvent(), READ);
    if (wanted & POLLOUT && guarded.live) settle(channel, guarded, channel.handleWriteEvent(), WRITE);
    if (wanted & POLLPRI && guarded.live) settle(channel, guarded, channel.handleExptEvent(), EXCEPTION);
    if (flags & GONE && !(flags & POLLIN) && guarded.live) closeDrained(channel, guarded);
  } catch (error) {
    const code = systemCode(error);
    if (code !== undefined && DISCONNECTED.has(code)) settle(channel, guarded, channel.handleClose(), CLOSE);
    else fault(channel, guarded, error);
  }
}

/** Closes a channel whose peer is gone, unless input may be left that a pending handler has yet to read. */
function closeDrained(channel: Channel, guarded: Guarded): void {
  // Nothing masks a hang-up, so the channel must not be polled until the handler is done.
  if (guarded.held & READ) guarded.hold(ALL);
  else if (!(guarded.held & CLOSE)) settle(channel, guarded, channel.handleClose(), CLOSE);
}
