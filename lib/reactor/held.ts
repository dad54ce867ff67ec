// The events that are held back from a channel of the library's, in every map that it stands in, as long as
// it has the same socket.
import { ALL } from './guard.ts';
import { type BuiltInChannel, closed, ended, held, life, registration, timed } from './interest.ts';

/** Holds back events of `kind`. */
export function hold(channel: BuiltInChannel, kind: number): void {
  holdOnly(channel, channel[held] | kind);
}

/** Holds them back no longer, and looks again at a channel that was not polled at all. */
export function release(channel: BuiltInChannel, kind: number): void {
  holdOnly(channel, channel[held] & ~(kind | ALL));
}

function holdOnly(channel: BuiltInChannel, kinds: number): void {
  channel[held] = kinds;
  for (let each = channel[registration]; each !== undefined; each = each.next) each.heldBack(kinds);
}

/** What changes when a channel takes a socket that it did not have. */
type Renewed = BuiltInChannel & { [ended]: number; [life]: number };

/** Nothing that is known of the last socket holds for the next one. Returns what takes that back. */
export function beginAnew(channel: Renewed): () => void {
  const { [closed]: wasClosed, [ended]: wasEnded, [life]: lastLife, [held]: wasHeld } = channel;
  channel[closed] = false;
  channel[ended] = 0;
  channel[life]++;
  holdOnly(channel, 0);
  channel[timed]?.beginAnew();
  return () => {
    channel[closed] = wasClosed;
    channel[ended] = wasEnded;
    channel[life] = lastLife;
    holdOnly(channel, wasHeld);
  };
}
