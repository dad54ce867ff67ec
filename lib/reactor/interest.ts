// Which channels have to be asked in every pass. A predicate that a user wrote has to be; a built-in
// one changes its answer only where the library knows it, and the library then calls changed(). That
// is why 5,000 idle channels of the library's own classes cost nothing per pass.
import { now } from '../system/clock.ts';
import type { Channel } from './channel.ts';
import type { Registration } from './registration.ts';

/** Holds a channel's registrations: the first of a chain with one for each map that it stands in. */
export const registration = Symbol('registration');
/** Answers until when a channel rests; see restsUntil(). */
export const resting = Symbol('resting');

/** A channel of the library's own classes, or of a class that extends one. */
export interface BuiltInChannel extends Channel {
  [registration]: Registration | undefined;
  [resting](): number;
}

export function isBuiltInChannel(channel: Channel): channel is BuiltInChannel {
  return resting in channel;
}

/** Says that the answers of `channel` may have changed. */
export function changed(channel: BuiltInChannel): void {
  for (let each = channel[registration]; each !== undefined; each = each.next) each.changed();
}

/**
 * The time (seconds of now()) until which `channel` must not be polled, whatever it wants: 0 when it
 * may be polled now, Infinity when not before something changes.
 */
export function restsUntil(channel: Channel): number {
  if (!isBuiltInChannel(channel)) return 0;
  const until = channel[resting]();
  return until === 0 || until > now() ? until : 0;
}

const builtIn = new WeakSet<() => unknown>();

/** Whether the predicate is one of the library's own, so that changed() is called for its answers. */
export function isBuiltIn(predicate: () => unknown): boolean {
  return builtIn.has(predicate);
}

/**
 * Declares the predicates on `prototype` to be built-in. A predicate that a user puts in their place
 * later, on an object or on a class, is noticed, because the assignment counts as a change.
 */
export function declareBuiltIn(prototype: BuiltInChannel): void {
  for (const name of ['readable', 'writable'] as const) {
    const { value } = Object.getOwnPropertyDescriptor(prototype, name) ?? {};
    if (typeof value !== 'function') continue;
    builtIn.add(value);
    Object.defineProperty(prototype, name, {
      configurable: true,
      get: () => value,
      set(this: BuiltInChannel, replacement: unknown) {
        Object.defineProperty(this, name, { value: replacement, writable: true, configurable: true });
        if (registration in this) changed(this);
      },
    });
  }
}
