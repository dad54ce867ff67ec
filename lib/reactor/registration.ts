// One registration of a channel in its map.

import { progress } from '../system/progress.ts';
import { MOST_IDLE, warnOfSpin } from './busy_warning.ts';
import type { Channel } from './channel.ts';
import type { Registration } from './guard.ts';
import { type Announcer, isAnnouncing } from './interest.ts';
import { OUT } from './poll_set.ts';

/** Told when a member's answers may have changed. */
interface MemberListener {
  touched(member: Member): void;
}

/** It dies when its place in the map changes hands. */
export class Member implements Registration, Announcer {
  readonly channel: Channel;
  readonly slot: number;
  readonly order: number;
  live = true;
  /** What the channel was last found to want. */
  wants = 0;
  /** What the poll set was last asked for. */
  events = OUT;
  /** Whether the channel cannot be polled now, whatever it wants. */
  blocked = false;
  /** Whether the channel's predicates are called in every pass. */
  asked = false;
  /** Whether it stands in the list of those to be looked at in the next pass. */
  touched = false;
  /** How many events in a row it did nothing about. */
  #idle = 0;
  #hasWarned = false;
  /** What it waited for when it was last served. */
  #lastEvents = OUT;
  readonly #members: MemberListener;

  constructor(members: MemberListener, channel: Channel, slot: number, order: number) {
    this.#members = members;
    this.channel = channel;
    this.slot = slot;
    this.order = order;
  }

  touch(): void {
    this.#members.touched(this);
  }

  /** Serves an event with `serve` and notices when nothing ever comes of it. */
  serve(flags: number, serve: (channel: Channel, flags: number, registration: Registration) => void): void {
    const { count } = progress;
    const { events } = this;
    serve(this.channel, flags, this);
    if (progress.count !== count || events !== this.#lastEvents || !this.live) {
      this.#idle = 0;
      this.#lastEvents = events;
    } else if (++this.#idle === MOST_IDLE && !this.#hasWarned && isAnnouncing(this.channel)) {
      this.#hasWarned = true;
      warnOfSpin(this.channel, flags);
    }
  }
}
