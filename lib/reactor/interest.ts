// Which channels must be asked in every pass. A predicate of a user's own must; the library's own
// predicates change their answers only where the library knows it, and say so by touch(). That is
// why 5,000 idle channels of the library's classes cost nothing per pass.
import type { Channel } from './channel.ts';

export const announcer = Symbol('announcer');
export const pollableFrom = Symbol('pollableFrom');

/** Told that a channel's answers may have changed. */
export interface Announcer {
  touch(): void;
}

/** A channel that announces changes of its answers as long as its predicates are the library's. */
export interface Announcing extends Channel {
  /** Who is to be told, while the channel stands in a map. */
  [announcer]: Announcer | undefined;
  /**
   * The time (seconds of now()) from which the channel may be polled: 0 now, Infinity not before
   * something changes.
   */
  [pollableFrom](): number;
}

export function isAnnouncing(channel: Channel): channel is Announcing {
  return pollableFrom in channel;
}

/** Tells the map of `channel` that its answers may have changed. */
export function touch(channel: Announcing): void {
  channel[announcer]?.touch();
}

const announced = new WeakSet<() => unknown>();

/** Whether a change of the predicate's answer is always announced. */
export function isAnnounced(predicate: () => unknown): boolean {
  return announced.has(predicate);
}

/**
 * Declares the predicates on `prototype` to be announced. A predicate that a user puts in their
 * place later, on an object or on a class, is noticed: the assignment touches the channel.
 */
export function announcePredicates(prototype: Announcing): void {
  for (const name of ['readable', 'writable'] as const) {
    const { value } = Object.getOwnPropertyDescriptor(prototype, name) ?? {};
    if (typeof value !== 'function') continue;
    announced.add(value);
    Object.defineProperty(prototype, name, {
      configurable: true,
      get: () => value,
      set(this: Announcing, replacement: unknown) {
        Object.defineProperty(this, name, { value: replacement, writable: true, configurable: true });
        if (announcer in this) touch(this);
      },
    });
  }
}
