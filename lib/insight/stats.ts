// stats(): what the loop of a map has done since it was first asked.
import { type Channel, type ChannelMap, checkMap, socketMap } from '../reactor/channel.ts';
import type { Observer } from '../reactor/observed.ts';
import { Registry } from '../reactor/registry.ts';
import { now } from '../system/clock.ts';
import { nameOf } from '../system/text.ts';
import { type ByteCounter, countBytes } from './bytes.ts';

/** A call of a handler, and how long it took. */
export interface HandlerTime {
  /** The channel as text, as it was afterwards. */
  readonly channel: string;
  /** What it was called for: `'read'`, `'write'`, `'exception'`, `'close'`, or several: `'read+write'`. */
  readonly event: string;
  /** How long it took, in seconds; of an async handler, until its first await. */
  readonly seconds: number;
}

/** What one channel has done. */
export interface ChannelStats {
  /** The channel. */
  readonly channel: Channel;
  /** How often it was served. */
  readonly events: number;
  /** How long its handlers took, in seconds, all together. */
  readonly seconds: number;
  /** How long the slowest of them took. */
  readonly longest: number;
  /** Bytes that it has received. */
  readonly received: number;
  /** Bytes that it has sent. */
  readonly sent: number;
}

/** What stats() returns. All counts begin with its first call for the map. */
export interface Stats {
  /** For how long it has been counting, in seconds. */
  readonly seconds: number;
  /** Passes of loop(), poll() and their kin. */
  readonly passes: number;
  /** How often nothing was ready, and the loop waited. Inline and blocking loops count every wait. */
  readonly sleeps: number;
  /** How many descriptors had an event, in all passes. */
  readonly events: number;
  /** Bytes that channels have received while they were in the map, those that were peeked at included. */
  readonly received: number;
  /** Bytes that they have sent. */
  readonly sent: number;
  /** The slowest calls of handlers, at most 10, the slowest first. */
  readonly slowest: readonly HandlerTime[];
  /** The channels that are in the map, in its order. */
  readonly channels: readonly ChannelStats[];
}

const MOST_SLOWEST = 10;

interface Tally {
  events: number;
  seconds: number;
  longest: number;
  received: number;
  sent: number;
}

const nothing = (): Tally => ({ events: 0, seconds: 0, longest: 0, received: 0, sent: 0 });

class Counting implements Observer, ByteCounter {
  readonly #registry: Registry;
  readonly #since = now();
  readonly #sleptBefore: number;
  readonly #tallies = new WeakMap<Channel, Tally>();
  readonly #total = nothing();
  #slowest: HandlerTime[] = [];
  #passes = 0;

  constructor(registry: Registry) {
    this.#registry = registry;
    this.#sleptBefore = registry.set.sleeps;
    registry.observer = this;
    countBytes(this);
  }

  passed(events: number): void {
    this.#passes++;
    this.#total.events += events;
  }

  served(channel: Channel, event: string, duration: number): void {
    const tally = this.#tallyOf(channel);
    tally.events++;
    tally.seconds += duration;
    tally.longest = Math.max(tally.longest, duration);
    const last = this.#slowest[MOST_SLOWEST - 1];
    if (last !== undefined && last.seconds >= duration) return;
    this.#slowest.push({ channel: nameOf(channel), event, seconds: duration });
    this.#slowest = this.#slowest.sort((a, b) => b.seconds - a.seconds).slice(0, MOST_SLOWEST);
  }

  received(fd: number, bytes: number): void {
    this.#moved(fd, 'received', bytes);
  }

  sent(fd: number, bytes: number): void {
    this.#moved(fd, 'sent', bytes);
  }

  #moved(fd: number, how: 'received' | 'sent', bytes: number): void {
    const channel = this.#registry.map.get(fd);
    if (channel === undefined) return;
    this.#total[how] += bytes;
    this.#tallyOf(channel)[how] += bytes;
  }

  #tallyOf(channel: Channel): Tally {
    let tally = this.#tallies.get(channel);
    if (tally === undefined) {
      tally = nothing();
      this.#tallies.set(channel, tally);
    }
    return tally;
  }

  get stats(): Stats {
    const { events, received, sent } = this.#total;
    return {
      seconds: now() - this.#since,
      passes: this.#passes,
      sleeps: this.#registry.set.sleeps - this.#sleptBefore,
      events,
      received,
      sent,
      slowest: [...this.#slowest],
      channels: [...this.#registry.map.values()].map((channel) => ({ channel, ...this.#tallyOf(channel) })),
    };
  }
}

const countings = new WeakMap<ChannelMap, Counting>();

/**
 * What the loop of a map has done since this was first called for it: passes, sleeps, events, bytes, and the
 * slowest handlers, of every channel too. Counting begins with that call, and costs nothing before.
 *
 * @example
 * stats(socketMap); // begins
 * setInterval(() => console.log(stats(socketMap)), 1000);
 */
export function stats(map: ChannelMap = socketMap): Stats {
  checkMap(map);
  let counting = countings.get(map);
  if (counting === undefined) {
    counting = new Counting(Registry.of(map));
    countings.set(map, counting);
  }
  return counting.stats;
}
