// The channels of one map as the loop sees them: which one has which slot of the poll set, and what
// each wanted when last consulted.
import { integer } from '../system/arguments.ts';
import { now } from '../system/clock.ts';
import { POLLIN, POLLPRI } from '../system/constants.ts';
import { debug } from '../system/debug.ts';
import { type Backend, SELECT } from '../system/native.ts';
import { nameOf } from '../system/text.ts';
import { type Channel, type ChannelMap, checkChannel, checkMap, listen } from './channel.ts';
import { Batch, dispatch } from './dispatch.ts';
import {
  asksExceptional,
  closed,
  GONE,
  hasBuiltInPredicates,
  isBuiltInChannel,
  registration as registrationOf,
  replacements,
  restsUntil,
  timed,
  unreferenced,
} from './interest.ts';
import { dispatchObserved, isObserved, type Observer } from './observed.ts';
import { Owed } from './owed.ts';
import { OUT, PollSet } from './poll_set.ts';
import { Registration } from './registration.ts';
import { Timers } from './timers.ts';
import { eventsOf, UNKNOWN, WANTS_READ, wantsOf } from './wants.ts';

const registries = new WeakMap<ChannelMap, Registry>();

/** A running loop(). */
interface Running {
  /** Ends it with an error. */
  leave(error: unknown): void;
  /** Ends its wait. */
  wake(): void;
  /** Says whether the process stays alive for it. */
  keep(on: boolean): void;
}

export class Registry {
  readonly map: ChannelMap;
  readonly set = new PollSet();
  readonly timers = new Timers(() => this.set.rearm());
  /** The loop() running on this map. */
  running: Running | undefined;
  /** Who counts its passes. */
  observer: Observer | undefined;
  /** When the first of the channels that must not be polled now may be again. */
  #restsUntil = Infinity;
  /** How many channels a loop goes on for. */
  #referenced = 0;
  readonly #byFd = new Map<number, Registration>();
  readonly #bySlot: (Registration | undefined)[] = [];
  // In map order; entries that are no longer live or no longer asked are dropped in the next pass.
  #asked: Registration[] = [];
  #isSorted = true;
  #changed: Registration[] = [];
  #watched = 0;
  #order = 0;
  #backend: Backend = SELECT;
  #replacements = replacements.onClasses;
  #spare: Batch | undefined = new Batch();
  readonly #owed = new Owed();

  /** The one object for `map`; throws if that is not a Map. */
  static of(map: ChannelMap): Registry {
    let registry = registries.get(map);
    if (registry === undefined) {
      checkMap(map);
      registry = new Registry(map);
      registries.set(map, registry);
    }
    return registry;
  }

  private constructor(map: ChannelMap) {
    this.map = map;
    try {
      for (const [fd, channel] of map) {
        checkChannel(channel);
        // It was closed when nobody heard of it here.
        if (isBuiltInChannel(channel) && channel[closed]) map.delete(fd);
        else this.onSet(fd, channel);
      }
      listen(map, this);
    } catch (error) {
      // No channel may believe that it stands in a map that nobody listens to.
      this.onClear();
      throw error;
    }
  }

  /** How many channels are being waited for. */
  get watched(): number {
    return this.#watched;
  }

  /** How many channels a loop goes on for. */
  get referenced(): number {
    return this.#referenced;
  }

  /** When, in seconds of now(), there is something to do, whatever happens. */
  get wakesAt(): number {
    return Math.min(this.#restsUntil, this.timers.next);
  }

  /** Whether there are channels whose predicates are called in every pass. */
  get asks(): boolean {
    return this.#asked.length > 0;
  }

  /** Whether somebody has yet to be told of something that the system says no second time. */
  get owes(): boolean {
    return !this.#owed.isEmpty;
  }

  onSet(fd: number, channel: Channel): void {
    integer(fd, 'fd');
    checkChannel(channel);
    const previous = this.#byFd.get(fd);
    // A Map keeps the place of a key whose value is replaced.
    const order = previous?.order ?? ++this.#order;
    if (previous !== undefined) this.#drop(previous);
    const registration = new Registration(this, channel, fd, this.set.add(fd, order), order);
    this.#byFd.set(fd, registration);
    this.#bySlot[registration.slot] = registration;
    this.#referenced++;
    if (isBuiltInChannel(channel)) {
      registration.next = channel[registrationOf];
      channel[registrationOf] = registration;
      if (channel[unreferenced]) this.refer(registration, false);
      if (channel[timed] !== undefined) registration.heedBy(channel[timed]);
    }
    this.changed(registration);
  }

  onDelete(fd: number): void {
    const registration = this.#byFd.get(fd);
    if (registration === undefined) return;
    this.#byFd.delete(fd);
    this.#drop(registration);
  }

  remove({ fd }: Registration): void {
    this.map.delete(fd);
    // Also if the map's method is a user's own by now.
    this.onDelete(fd);
  }

  onClear(): void {
    for (const fd of [...this.#byFd.keys()]) this.onDelete(fd);
  }

  #drop(registration: Registration): void {
    registration.live = false;
    const { channel } = registration;
    if (debug.enabled && isBuiltInChannel(channel) && channel[closed]) debug('%s closes', nameOf(channel));
    if (registration.events !== OUT) this.#watched--;
    this.set.remove(registration.slot);
    this.#bySlot[registration.slot] = undefined;
    this.refer(registration, false);
    registration.timed?.leave();
    if (!isBuiltInChannel(channel)) return;
    if (channel[registrationOf] === registration) channel[registrationOf] = registration.next;
    for (let each = channel[registrationOf]; each !== undefined; each = each.next) {
      if (each.next === registration) each.next = registration.next;
    }
  }

  refer(registration: Registration, on: boolean): void {
    if (registration.isReferenced === on) return;
    registration.isReferenced = on;
    this.#referenced += on ? 1 : -1;
  }

  /** The next pass tells it of its exceptional condition, if the system would not. */
  owe(registration: Registration): void {
    if (this.#owed.add(registration)) this.set.rearm();
  }

  /** Makes the next pass check `registration`. */
  changed(registration: Registration): void {
    if (registration.isChanged) return;
    registration.isChanged = true;
    this.#changed.push(registration);
  }

  /** Ends the loop() on this map with `error`, or throws it if none is running. */
  leave(error: unknown): void {
    if (this.running === undefined) throw error;
    this.running.leave(error);
  }

  /** Serves the deadlines that have passed, and asks every channel that must be asked what it wants to wait for. */
  consult(backend: Backend): void {
    if (this.timers.size > 0) this.timers.run(now());
    if (backend !== this.#backend || replacements.onClasses !== this.#replacements) {
      this.#backend = backend;
      this.#replacements = replacements.onClasses;
      for (const registration of this.#byFd.values()) this.changed(registration);
    }
    if (this.#changed.length > 0) this.#consultChanged();
    if (this.#asked.length > 0) this.#consultAsked();
  }

  #consultAsked(): void {
    const asked = this.#asked;
    // A channel that a predicate adds waits for the next pass.
    const count = asked.length;
    let gone = 0;
    for (let i = 0; i < count; i++) {
      const registration = asked[i];
      if (registration?.live && registration.asked) {
        const wants = wantsOf(registration.channel, registration);
        if (wants !== registration.wants) this.#want(registration, wants);
      } else {
        gone++;
      }
    }
    if (gone > 0) this.#asked = this.#asked.filter((registration) => registration.live && registration.asked);
  }

  #consultChanged(): void {
    const changed = this.#changed;
    this.#changed = [];
    this.#restsUntil = Infinity;
    let checked = 0;
    try {
      for (const registration of changed) {
        registration.isChanged = false;
        if (registration.live) this.#check(registration);
        checked++;
      }
    } finally {
      // What handleError() throws leaves the pass: the next one is to check the rest.
      for (const registration of changed.slice(checked)) {
        registration.isChanged = false;
        this.changed(registration);
      }
      if (!this.#isSorted) this.#asked.sort((a, b) => a.order - b.order);
      this.#isSorted = true;
    }
  }

  #check(registration: Registration): void {
    const { channel } = registration;
    const until = restsUntil(channel);
    registration.rests = until > 0;
    registration.asksExceptional = asksExceptional(channel);
    if (registration.rests) {
      // It is checked again in every pass until it may be polled.
      this.changed(registration);
      this.#restsUntil = Math.min(this.#restsUntil, until);
    }
    if (until === GONE) {
      registration.asked = false;
      this.#want(registration, WANTS_READ);
    } else if (!registration.asksExceptional && hasBuiltInPredicates(channel)) {
      registration.asked = false;
      this.#want(registration, wantsOf(channel, registration));
    } else if (!registration.asked) {
      registration.asked = true;
      registration.wants = UNKNOWN;
      const last = this.#asked.at(-1);
      if (last !== undefined && last.order > registration.order) this.#isSorted = false;
      this.#asked.push(registration);
    } else {
      this.#want(registration, registration.wants);
    }
  }

  /** Sets what the channel wants in the poll set. */
  #want(registration: Registration, wants: number): void {
    if (!registration.live) return;
    registration.wants = wants;
    registration.timed?.heed(wants);
    const events = registration.isSilent ? OUT : eventsOf(wants, this.#backend, registration.held);
    if (events !== registration.events) {
      if (registration.events === OUT) this.#watched++;
      else if (events === OUT) this.#watched--;
      registration.events = events;
      this.set.setEvents(registration.slot, events);
    }
    if (this.#owed.addReceiver(registration)) this.set.rearm();
  }

  /** Delivers the `count` events of the poll set's last wait. */
  dispatch(count: number): void {
    // A handler may run a pass of its own, which needs its own batch.
    const batch = this.#spare ?? new Batch();
    this.#spare = undefined;
    // Decide which channel each event belongs to before any handler runs, because handlers may
    // reuse slots.
    for (let i = 0; i < count; i++) {
      const registration = this.#bySlot[this.set.slotAt(i)];
      if (registration !== undefined) batch.add(registration, this.set.eventsAt(i));
    }
    if (this.owes) this.#owed.moveTo(batch);
    try {
      if (isObserved(this.observer)) dispatchObserved(this.map, batch, this.#backend, this.observer);
      else dispatch(batch, this.#backend);
    } catch (error) {
      for (const registration of batch.untold(POLLPRI)) this.owe(registration);
      for (const registration of batch.untold(POLLIN)) this.changed(registration);
      throw error;
    } finally {
      batch.clear();
      this.#spare = batch;
    }
  }
}
