// One registration of a channel in its map: where it stands, what it was last found to want, and how
// the loop that serves it is left.
import { progress } from '../system/progress.ts';
import { MOST_IDLE, warnOfBusyLoop } from './busy_warning.ts';
import type { Channel } from './channel.ts';
import { ALL, CLOSE, type Guarded } from './guard.ts';
import { isBuiltInChannel } from './interest.ts';
import { OUT } from './poll_set.ts';

/** What a registration tells its registry. */
interface Keeper {
  changed(registration: Registration): void;
  leave(error: unknown): void;
}

/** It dies when its place in the map changes hands. */
export class Registration implements Guarded {
  readonly channel: Channel;
  readonly slot: number;
  /** The place in the map's order. */
  readonly order: number;
  /** The channel's registration in another map. */
  next: Registration | undefined;
  live = true;
  /** What the channel was last found to want. */
  wants = 0;
  /** What the poll set was last asked for. */
  events = OUT;
  /** Whether the channel must not be polled now, whatever it wants. */
  rests = false;
  /** Whether the channel's predicates are called in every pass. */
  asked = false;
  /** Whether the next pass has to look at it. */
  isChanged = false;
  /** The kinds of event that wait for a handler's promise. */
  held = 0;
  /** How many events in a row came to nothing. */
  #idle = 0;
  #hasWarned = false;
  /** What it waited for when it was last served. */
  #lastEvents = OUT;
  readonly #keeper: Keeper;

  constructor(keeper: Keeper, channel: Channel, slot: number, order: number) {
    this.#keeper = keeper;
    this.channel = channel;
    this.slot = slot;
    this.order = order;
  }

  changed(): void {
    this.#keeper.changed(this);
  }

  hold(kind: number): void {
    this.held |= kind;
    this.changed();
  }

  release(kind: number): void {
    this.held &= ~(kind | ALL);
    this.changed();
  }

  /** Whether it is not to be polled at all. */
  get isSilent(): boolean {
    return this.rests || (this.held & (CLOSE | ALL)) !== 0;
  }

  /** Ends the loop that serves the channel with `error`; throws it where none runs. */
  leave(error: unknown): void {
    this.#keeper.leave(error);
  }

  /** Serves an event with `serve` and warns when nothing ever comes of it. */
  serve(flags: number, serve: (channel: Channel, guarded: Guarded, flags: number) => void): void {
    const { count } = progress;
    const { events } = this;
    serve(this.channel, this, flags);
    if (progress.count !== count || events !== this.#lastEvents || !this.live) {
      this.#idle = 0;
      this.#lastEvents = events;
    } else if (++this.#idle === MOST_IDLE && !this.#hasWarned && isBuiltInChannel(this.channel)) {
      this.#hasWarned = true;
      warnOfBusyLoop(this.channel, flags);
    }
  }
}
