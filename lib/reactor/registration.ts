// A channel's registration in a map: its place, what it wanted when last consulted, and how to end
// the loop that serves it.
import { POLLIN } from '../system/constants.ts';
import { progress } from '../system/progress.ts';
import { MOST_IDLE, warnOfBusyLoop } from './busy_warning.ts';
import type { Channel, ChannelMap } from './channel.ts';
import { ALL, CLOSE, type Guarded, OVERLOOKED, READ, TAKEN } from './guard.ts';
import { hold, release } from './held.ts';
import { held, isBuiltInChannel, life, registration, type Timed, type TimedPlace } from './interest.ts';
import { OUT } from './poll_set.ts';
import type { Timers } from './timers.ts';
import { UNKNOWN } from './wants.ts';

/** What a registration reports to its registry. */
interface Keeper {
  changed(registration: Registration): void;
  leave(error: unknown): void;
  remove(registration: Registration): void;
  owe(registration: Registration): void;
  refer(registration: Registration, on: boolean): void;
  readonly timers: Timers;
  readonly map: ChannelMap;
  /** The loop() running on the map. */
  readonly running: object | undefined;
}

/** What is held back in fact: who stands in a channel's place does not wait for the channel's own handlers. */
function inFact(kinds: number): number {
  return kinds & TAKEN ? kinds & OVERLOOKED : kinds;
}

/** One channel's entry in a map. It dies when another channel takes its place. */
export class Registration implements Guarded {
  readonly channel: Channel;
  /** The channel's key in the map. */
  readonly fd: number;
  readonly slot: number;
  /** Its place in the order of the map. */
  readonly order: number;
  /** The channel's registration in another map. */
  next: Registration | undefined;
  live = true;
  /** What the channel wanted when last consulted. */
  wants = 0;
  /** The events last set in the poll set. */
  events = OUT;
  /** Whether the channel must not be polled now, no matter what it wants. */
  rests = false;
  /** Whether the channel's predicates are called in every pass. */
  asked = false;
  /** Whether its exceptional() is called along with them. */
  asksExceptional = true;
  /** What must know what the channel waits for. */
  timed: TimedPlace | undefined;
  /** Whether a loop goes on for this channel. */
  isReferenced = true;
  /** Whether the next pass must check it. */
  isChanged = false;
  /** The kinds of event that are held back: of a channel of the library's, what it says itself. */
  held = 0;
  /** What `progress` was when it was last told of input. */
  toldAt = -1;
  /** How many events in a row it has ignored. */
  #idle = 0;
  #hasWarned = false;
  /** What it was waiting for when it last got an event. */
  #lastEvents = OUT;
  /** Which of the channel's sockets it belongs to. */
  readonly #life: number = 0;
  readonly #keeper: Keeper;

  constructor(keeper: Keeper, channel: Channel, fd: number, slot: number, order: number) {
    this.#keeper = keeper;
    this.channel = channel;
    this.fd = fd;
    this.slot = slot;
    this.order = order;
    if (!isBuiltInChannel(channel)) return;
    this.held = inFact(channel[held]);
    this.#life = channel[life];
  }

  changed(): void {
    this.#keeper.changed(this);
  }

  /** Takes the channel out of the map. */
  remove(): void {
    this.#keeper.remove(this);
  }

  /** Whether a loop goes on for this channel. */
  refer(on: boolean): void {
    this.#keeper.refer(this, on);
  }

  /** Has `timed` know what the channel waits for from now on. */
  heedBy(timed: Timed): void {
    this.timed = timed.join(this.#keeper.timers);
    if (this.wants !== UNKNOWN) this.timed.heed(this.wants);
  }

  hold(kind: number): void {
    const { channel } = this;
    if (!isBuiltInChannel(channel)) this.heldBack(this.held | kind);
    else if (channel[life] === this.#life) hold(channel, kind);
  }

  release(kind: number): void {
    const { channel } = this;
    if (!isBuiltInChannel(channel)) this.heldBack(this.held & ~(kind | ALL));
    else if (channel[life] === this.#life) release(channel, kind);
  }

  /** From now on, events of these kinds are held back. */
  heldBack(kinds: number): void {
    this.held = inFact(kinds);
    this.changed();
  }

  owe(): void {
    this.#keeper.owe(this);
  }

  /** Whether it is not to be polled at all. */
  get isSilent(): boolean {
    return this.rests || (this.held & (CLOSE | ALL)) !== 0;
  }

  /** Ends the loop that serves the channel with `error`, or throws it if none is running. */
  leave(error: unknown): void {
    this.#served.#keeper.leave(error);
  }

  /** Itself, or one in another map whose loop is running: the channel may have moved, or be in several. */
  get #served(): Registration {
    const { channel } = this;
    if ((this.live && this.#keeper.running !== undefined) || !isBuiltInChannel(channel)) return this;
    for (let each = channel[registration]; each !== undefined; each = each.next) {
      if (each.#keeper.running !== undefined) return each;
    }
    return this;
  }

  /** The map that it is in. */
  get map(): ChannelMap {
    return this.#keeper.map;
  }

  /** Delivers an event with `serve`, and warns if the channel keeps ignoring its events. */
  serve(flags: number, serve: (channel: Channel, guarded: Guarded, flags: number) => void): void {
    const { count } = progress;
    const { events } = this;
    if (flags & POLLIN && !(this.held & READ)) this.toldAt = count;
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
