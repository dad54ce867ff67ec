// The events that are held back from a channel of the library's, in every map that it stands in.
import { ALL } from './guard.ts';
import { type BuiltInChannel, held, registration } from './interest.ts';

/** Holds back events of `kind`. */
export function hold(channel: BuiltInChannel, kind: number): void {
  holdOnly(channel, channel[held] | kind);
}

/** Holds them back no longer, and looks again at a channel that was not polled at all. */
export function release(channel: BuiltInChannel, kind: number): void {
  holdOnly(channel, channel[held] & ~(kind | ALL));
}

/** Holds back events of these kinds, and of no others. */
export function holdOnly(channel: BuiltInChannel, kinds: number): void {
  channel[held] = kinds;
  for (let each = channel[registration]; each !== undefined; each = each.next) each.heldBack(kinds);
}
