// Which channels must be asked in every pass. A predicate written by a user must be called; a
// built-in one changes its answer only where the library knows it, and the library then calls
// changed(). This is why 5,000 idle channels of the library's own classes cost nothing per pass.
import { bare } from '../system/arguments.ts';
import { now } from '../system/clock.ts';
import type { Channel } from './channel.ts';
import type { Registration } from './registration.ts';

/** A channel's registrations: the first in a chain, with one for each map that the channel is in. */
export const registration = Symbol('registration');
/** Whether close() was called and no socket has been taken since. */
export const closed = Symbol('closed');
/** Returns until when a channel must not be polled; see restsUntil(). */
export const resting = Symbol('resting');

/** A channel of the library's own classes, or of a class that extends one. */
export interface BuiltInChannel extends Channel {
  [closed]: boolean;
  [registration]: Registration | undefined;
  [resting](): number;
}

export function isBuiltInChannel(channel: Channel): channel is BuiltInChannel {
  return resting in channel;
}

/** Reports that the answers of `channel` may have changed. */
export function changed(channel: BuiltInChannel): void {
  for (let each = channel[registration]; each !== undefined; each = each.next) each.changed();
}

/** Takes `channel` out of every map that it stands in. */
export function leaveMaps(channel: BuiltInChannel): void {
  for (let first = channel[registration]; first !== undefined; first = channel[registration]) first.remove();
}

/**
 * Until when, in seconds of now(), `channel` must not be polled, no matter what it wants: 0 means
 * it may be polled now, Infinity not until something changes.
 */
export function restsUntil(channel: Channel): number {
  if (!isBuiltInChannel(channel)) return 0;
  const until = channel[resting]();
  return until === 0 || until > now() ? until : 0;
}

/** How often a predicate was replaced on a class, none of whose objects can be found from there. */
export const replacements = { onClasses: 0 };

const builtIn = new WeakSet<() => unknown>();

/** Whether the predicates are the library's own, so that changed() reports changes to their answers. */
export function hasBuiltInPredicates(channel: Channel): boolean {
  try {
    return isBuiltInChannel(channel) && builtIn.has(channel.readable) && builtIn.has(channel.writable);
  } catch {
    // A getter of the user's own, which throws when the channel is asked as well.
    return false;
  }
}

/**
 * Marks the predicates on `prototype` as built-in. If a user later replaces one on an object or a
 * class, this is noticed, because the assignment counts as a change.
 */
export function declareBuiltIn(prototype: BuiltInChannel): void {
  for (const name of ['readable', 'writable'] as const) {
    const { value } = bare(Object.getOwnPropertyDescriptor(prototype, name) ?? {});
    if (typeof value !== 'function') continue;
    builtIn.add(value);
    const get = () => value;
    function set(this: BuiltInChannel, replacement: unknown): void {
      Object.defineProperty(this, name, bare({ value: replacement, writable: true, configurable: true }));
      if (registration in this) changed(this);
      else replacements.onClasses++;
    }
    Object.defineProperty(prototype, name, bare({ configurable: true, get, set }));
  }
}
