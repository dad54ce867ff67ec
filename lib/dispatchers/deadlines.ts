// The time limits of a channel. They are timers of its map's loop; activity only notes the time, and
// the timer finds out when it is due that it must wait longer.
import { constants } from 'node:os';
import { type Address, type AddressInfo, shown } from '../descriptors/address.ts';
import { READ, WRITE } from '../reactor/guard.ts';
import { closed, registration, type Timed, type TimedPlace, timed } from '../reactor/interest.ts';
import { deliver, guardOf } from '../reactor/outside.ts';
import type { Timer, Timers } from '../reactor/timers.ts';
import { WANTS_READ, WANTS_WRITE } from '../reactor/wants.ts';
import { seconds } from '../system/arguments.ts';
import { now } from '../system/clock.ts';
import { invalidValue, systemError } from '../system/errors.ts';
import type { Dispatcher } from './dispatcher.ts';
import type { Transport } from './transport.ts';

/** What a time limit is for; see Dispatcher.setTimeout(). */
export type TimeoutKind = 'idle' | 'connect' | 'read' | 'write' | 'message';

const KINDS: readonly TimeoutKind[] = ['idle', 'connect', 'read', 'write', 'message'];

/** Seconds: what a clock's arithmetic may lose. */
const EPSILON = 1e-6;
/** Seconds. A shorter limit is this one: added to the time, it might change nothing. */
const SHORTEST = 1e-3;

class Limit {
  #seconds = Infinity;
  #slack = 1;
  /** Whether it is over and handleTimeout() has yet to be told. */
  isDue = false;
  #since = Infinity;

  /** Since when the time runs; Infinity while it does not. */
  get since(): number {
    return this.#since;
  }

  set since(time: number) {
    this.#since = time;
    this.isDue = false;
  }

  set seconds(value: number) {
    this.#seconds = Math.max(value, SHORTEST);
    this.#slack = Math.min(this.#seconds / 64, 1);
  }

  isOver(time: number): boolean {
    return this.since + this.#seconds <= time + EPSILON;
  }

  /** When to look, a little late, so that many channels are looked at together. */
  get due(): number {
    const due = this.since + this.#seconds;
    return due === Infinity ? due : Math.ceil(due / this.#slack) * this.#slack;
  }
}

/** The limits of a channel in one of the maps that it is in: a timer of that map's loop. */
class Place implements TimedPlace, Timer {
  time = Infinity;
  index = -1;
  /** What the channel waits for there. */
  wants = 0;
  readonly #deadlines: Deadlines;
  readonly #timers: Timers;

  constructor(deadlines: Deadlines, timers: Timers) {
    this.#deadlines = deadlines;
    this.#timers = timers;
  }

  heed(wants: number): void {
    this.wants = wants;
    this.#deadlines.heed();
  }

  leave(): void {
    this.#timers.delete(this);
    this.#deadlines.leave(this);
  }

  /** Looks at `next`, or earlier. */
  arm(next: number): void {
    if (next === Infinity) this.#timers.delete(this);
    else if (this.index < 0 || next < this.time) this.#timers.set(this, next);
  }

  fire(time: number): void {
    this.#deadlines.fire(time);
  }
}

export class Deadlines implements Timed {
  readonly #channel: Dispatcher<Transport>;
  readonly #limits = {
    idle: new Limit(),
    connect: new Limit(),
    read: new Limit(),
    write: new Limit(),
    message: new Limit(),
  };
  /** One for each map; whichever loop comes first tells. */
  readonly #places: Place[] = [];
  /** What the channel waits for, in any of them. */
  #wants = 0;
  /** Whether part of a message has come. */
  #isReceiving = false;

  constructor(channel: Dispatcher<Transport>) {
    this.#channel = channel;
  }

  limit(kind: TimeoutKind, value: number): void {
    const limit = this.#limits[kind];
    limit.seconds = value;
    limit.since = this.#isRunning(kind) ? now() : Infinity;
    this.#arm();
  }

  #isRunning(kind: TimeoutKind): boolean {
    if (kind === 'idle') return true;
    if (kind === 'connect') return this.#channel.connecting;
    if (kind === 'message') return this.#isReceiving;
    return (this.#wants & (kind === 'read' ? WANTS_READ : WANTS_WRITE)) !== 0;
  }

  join(timers: Timers): Place {
    const place = new Place(this, timers);
    this.#places.push(place);
    this.#arm();
    return place;
  }

  leave(place: Place): void {
    this.#places.splice(this.#places.indexOf(place), 1);
    this.heed();
  }

  heed(): void {
    const wants = this.#places.reduce((all, place) => all | place.wants, 0);
    const changed = this.#wants ^ wants;
    this.#wants = wants;
    if (changed & WANTS_READ) this.#restart('read');
    if (changed & WANTS_WRITE) this.#restart('write');
  }

  /** Bytes have come or gone. */
  moved(kind: 'read' | 'write'): void {
    this.#restart(kind);
    this.#restart('idle');
  }

  /** Part of a message has come, or there is none that has begun. */
  receiving(on: boolean): void {
    if (this.#isReceiving === on) return;
    this.#isReceiving = on;
    this.#restart('message');
  }

  /** The channel has another socket. */
  beginAnew(): void {
    this.#isReceiving = false;
    for (const kind of KINDS) this.#restart(kind);
  }

  /** The channel connects, or does so no longer. */
  connecting(): void {
    this.#restart('connect');
    this.#restart('idle');
  }

  #restart(kind: TimeoutKind): void {
    this.#limits[kind].since = this.#isRunning(kind) ? now() : Infinity;
    this.#arm();
  }

  #arm(): void {
    const { idle, connect, read, write, message } = this.#limits;
    const next = Math.min(idle.due, connect.due, read.due, write.due, message.due);
    for (const place of this.#places) place.arm(next);
  }

  /** While its own handler is busy, or it does not want to read, the channel does not wait for its peer. */
  #isBusy(kind: TimeoutKind, held: number): boolean {
    if (kind === 'write') return (held & WRITE) !== 0;
    if (kind !== 'read' && kind !== 'message') return false;
    return (held & READ) !== 0 || (this.#wants & WANTS_READ) === 0;
  }

  fire(time: number): void {
    const channel = this.#channel;
    const { held } = guardOf(channel);
    for (const kind of KINDS) {
      const limit = this.#limits[kind];
      if (!limit.isOver(time)) continue;
      const isBusy = this.#isBusy(kind, held);
      limit.since = isBusy ? time : Infinity;
      limit.isDue = !isBusy;
    }
    this.#arm();
    for (const kind of KINDS) {
      // Unless the handler of another one has closed the channel, changed this one, or sent something.
      if (channel[closed] || !this.#limits[kind].isDue) continue;
      this.#limits[kind].isDue = false;
      deliver(channel, () => channel.handleTimeout(kind));
    }
  }
}

/** setTimeout() of the channel. */
export function limitTime(channel: Dispatcher<Transport>, kind: TimeoutKind, value: number | null): void {
  if (!KINDS.includes(kind)) throw invalidValue('kind', `one of ${KINDS.join(', ')}`, kind);
  const limit = seconds(value, 'seconds');
  let deadlines = channel[timed];
  if (deadlines === undefined) {
    if (limit === 0 || limit === Infinity) return;
    deadlines = new Deadlines(channel);
    channel[timed] = deadlines;
    for (let each = channel[registration]; each !== undefined; each = each.next) each.heedBy(deadlines);
  }
  deadlines.limit(kind, limit === 0 ? Infinity : limit);
}

/** The error of a limit that is over: what the system says of its own. */
export function timedOut({ addr }: { readonly addr: Address | AddressInfo | null }, kind: TimeoutKind): Error {
  return systemError(-constants.errno.ETIMEDOUT, kind, addr === null ? undefined : shown(addr));
}
