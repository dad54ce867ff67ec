// Which channels must be asked in every pass. A predicate written by a user must be called; a
// built-in one changes its answer only where the library knows it, and the library then calls
// changed(). This is why 5,000 idle channels of the library's own classes cost nothing per pass.
import { bare } from '../system/arguments.ts';
import { now } from '../system/clock.ts';
import type { Channel } from './channel.ts';
import type { Registration } from './registration.ts';
import type { Timers } from './timers.ts';

/** A channel's registrations: the first in a chain, with one for each map that the channel is in. */
export const registration = Symbol('registration');
/** Whether close() was called and no socket has been taken since. */
export const closed = Symbol('closed');
/** Returns until when a channel must not be polled; see restsUntil(). */
export const resting = Symbol('resting');
/** The sides that have ended: PEER_ENDED, SELF_ENDED. */
export const ended = Symbol('ended');
export const PEER_ENDED = 1;
export const SELF_ENDED = 2;
/** The kinds of event that are held back from it: see guard.ts. */
export const held = Symbol('held');
/** How many sockets it has had: what was begun with an earlier one holds nothing back. */
export const life = Symbol('life');
/** Called when the peer has hung up and no input is left. */
export const hungUp = Symbol('hungUp');
/** What limits the time that a channel waits; undefined if nothing does. */
export const timed = Symbol('timed');
/** Whether a loop ends although the channel is open. */
export const unreferenced = Symbol('unreferenced');

/** A channel whose time is limited, in one of its maps. */
export interface TimedPlace {
  /** What it waits for there has changed. */
  heed(wants: number): void;
  leave(): void;
}

/** What a registry tells of a channel whose time is limited. */
export interface Timed {
  /** It stands in the map of these timers. */
  join(timers: Timers): TimedPlace;
  /** It has another socket. */
  beginAnew(): void;
}

/** A channel of the library's own classes, or of a class that extends one. */
export interface BuiltInChannel extends Channel {
  [closed]: boolean;
  [registration]: Registration | undefined;
  [resting](): number;
  readonly [ended]: number;
  [held]: number;
  readonly [life]: number;
  [hungUp](): unknown;
  readonly [timed]: Timed | undefined;
  readonly [unreferenced]: boolean;
}

export function isBuiltInChannel(channel: Channel): channel is BuiltInChannel {
  return resting in channel;
}

/** What is told that a channel's answers may have changed: the channel's registrations, as a rule. */
export interface Changing {
  readonly [registration]: { changed(): void; readonly next: Changing[typeof registration] } | undefined;
}

/** Reports that the answers of `channel` may have changed. */
export function changed(channel: Changing): void {
  for (let each = channel[registration]; each !== undefined; each = each.next) each.changed();
}

/** Says whether a loop goes on for `channel`. */
export function refer(channel: BuiltInChannel & { [unreferenced]: boolean }, on: boolean): void {
  channel[unreferenced] = !on;
  for (let each = channel[registration]; each !== undefined; each = each.next) each.refer(on);
}

/** Takes `channel` out of every map that it stands in. */
export function leaveMaps(channel: BuiltInChannel): void {
  for (let first = channel[registration]; first !== undefined; first = channel[registration]) first.remove();
}

/** The answer of restsUntil() for a channel whose peer was gone before its first event. */
export const GONE = -1;

/**
 * Until when, in seconds of now(), `channel` must not be polled, no matter what it wants: 0 means
 * it may be polled now, Infinity not until something changes. GONE: it is told of its end, no
 * matter what it wants.
 */
export function restsUntil(channel: Channel): number {
  if (!isBuiltInChannel(channel)) return 0;
  const until = channel[resting]();
  return until <= 0 || until > now() ? until : 0;
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

/** The only one of the library's, which never says anything of its own. */
let builtInExceptional: unknown;

/** Whether exceptional() was overridden, so that it must be called. */
export function asksExceptional(channel: Channel): boolean {
  try {
    const { exceptional } = channel;
    return exceptional !== builtInExceptional && (exceptional !== undefined || !isBuiltInChannel(channel));
  } catch {
    // As above.
    return true;
  }
}

/**
 * Marks the predicates on `prototype` as built-in. If a user later replaces one on an object or a
 * class, this is noticed, because the assignment counts as a change.
 */
export function declareBuiltIn(prototype: object): void {
  for (const name of ['readable', 'writable', 'exceptional'] as const) {
    const { value } = bare(Object.getOwnPropertyDescriptor(prototype, name) ?? {});
    if (typeof value !== 'function') continue;
    builtIn.add(value);
    if (name === 'exceptional') builtInExceptional = value;
    const get = () => value;
    function set(this: BuiltInChannel, replacement: unknown): void {
      Object.defineProperty(this, name, bare({ value: replacement, writable: true, configurable: true }));
      if (registration in this) changed(this);
      else replacements.onClasses++;
    }
    Object.defineProperty(prototype, name, bare({ configurable: true, get, set }));
  }
}
