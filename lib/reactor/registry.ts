// The channels of one map as the loop sees them: who stands under which slot of the poll set, what
// each was last told to be waited for, and whose event is whose.

import { integer } from '../system/arguments.ts';
import { now } from '../system/clock.ts';
import { POLLIN, POLLNVAL, POLLOUT, POLLPRI } from '../system/constants.ts';
import { type Backend, POLL, SELECT } from '../system/native.ts';
import { type Channel, type ChannelMap, listen } from './channel.ts';
import { close, exception, read, readwrite, underWay, write } from './guard.ts';
import { type Announcing, announcer, isAnnounced, isAnnouncing, pollableFrom } from './interest.ts';
import { OUT, PollSet } from './poll_set.ts';
import { Member } from './registration.ts';
import { eventsOf, isBlocked, UNKNOWN, wantsOf } from './wants.ts';

const all = new WeakMap<ChannelMap, Members>();

/**
 * The events of one pass: whose they are, and which. Its arrays are used again and never made
 * shorter, because that takes the engine as long as a call into the addon.
 */
class Batch {
  readonly members: (Member | undefined)[] = [];
  readonly flags: number[] = [];
  size = 0;

  add(member: Member, flags: number): void {
    this.members[this.size] = member;
    this.flags[this.size++] = flags;
  }

  /** Forgets the members, so that who has left its map can be collected. */
  clear(): void {
    for (let i = 0; i < this.size; i++) this.members[i] = undefined;
    this.size = 0;
  }
}

export class Members {
  readonly map: ChannelMap;
  readonly set = new PollSet();
  /** Whether a loop() runs on this map. */
  looping = false;
  /** Ends that loop with an error. */
  interrupt: ((error: unknown) => void) | undefined;
  /** The next time (seconds of now()) at which a channel that is not polled now wants to be. */
  wakeAt = Infinity;
  readonly #byFd = new Map<number, Member>();
  readonly #bySlot: (Member | undefined)[] = [];
  // In map order; who is no longer live or no longer asked is dropped in the next pass.
  #asked: Member[] = [];
  #touched: Member[] = [];
  #watched = 0;
  #order = 0;
  #backend: Backend = SELECT;
  #spare: Batch | undefined = new Batch();
  /** Ends the loop, where one runs, with what a promise of a handler has rejected with. */
  readonly #leave = (error: unknown) => {
    if (this.interrupt === undefined) throw error;
    this.interrupt(error);
  };

  /** The one object for `map`. */
  static of(map: ChannelMap): Members {
    let members = all.get(map);
    if (members === undefined) {
      members = new Members(map);
      all.set(map, members);
    }
    return members;
  }

  private constructor(map: ChannelMap) {
    this.map = map;
    for (const [fd, channel] of map) this.onSet(fd, channel);
    listen(map, this);
  }

  /** How many channels are waited for. */
  get watched(): number {
    return this.#watched;
  }

  /** Whether there are channels whose predicates are called in every pass. */
  get asks(): boolean {
    return this.#asked.length > 0;
  }

  onSet(fd: number, channel: Channel): void {
    integer(fd, 'fd');
    const previous = this.#byFd.get(fd);
    // A Map keeps the place of a key whose value is replaced.
    const order = previous?.order ?? ++this.#order;
    if (previous !== undefined) this.#drop(previous);
    const member = new Member(this, channel, this.set.add(fd, order), order);
    this.#byFd.set(fd, member);
    this.#bySlot[member.slot] = member;
    if (isAnnouncing(channel)) {
      // Should it stand in another map as well, that one hears no more of it and has to ask.
      channel[announcer]?.touch();
      channel[announcer] = member;
    }
    this.touched(member);
  }

  onDelete(fd: number): void {
    const member = this.#byFd.get(fd);
    if (member === undefined) return;
    this.#byFd.delete(fd);
    this.#drop(member);
  }

  onClear(): void {
    for (const fd of [...this.#byFd.keys()]) this.onDelete(fd);
  }

  #drop(member: Member): void {
    member.live = false;
    if (member.events !== OUT) this.#watched--;
    this.set.remove(member.slot);
    this.#bySlot[member.slot] = undefined;
    const { channel } = member;
    if (isAnnouncing(channel) && channel[announcer] === member) channel[announcer] = undefined;
  }

  touched(member: Member): void {
    if (member.touched) return;
    member.touched = true;
    this.#touched.push(member);
  }

  /** Asks every channel that has to be asked what it wants to be waited for. */
  consult(backend: Backend): void {
    if (backend !== this.#backend) {
      this.#backend = backend;
      for (const member of this.#byFd.values()) this.touched(member);
    }
    if (this.#touched.length > 0) this.#consultTouched();
    if (this.#asked.length > 0) this.#consultAsked();
  }

  #consultAsked(): void {
    const asked = this.#asked;
    // A channel that a predicate adds waits for the next pass.
    const count = asked.length;
    let gone = 0;
    for (let i = 0; i < count; i++) {
      const member = asked[i];
      if (member?.live && member.asked) {
        const wants = wantsOf(member.channel);
        if (wants !== member.wants) this.#want(member, wants);
      } else {
        gone++;
      }
    }
    if (gone > 0) this.#asked = this.#asked.filter((member) => member.live && member.asked);
  }

  #consultTouched(): void {
    const touched = this.#touched;
    this.#touched = [];
    this.wakeAt = Infinity;
    let isSorted = true;
    for (const member of touched) {
      member.touched = false;
      if (!member.live) continue;
      const { channel } = member;
      const announcing = isAnnouncing(channel) ? channel : undefined;
      member.blocked = announcing !== undefined && this.#mustWait(member, announcing);
      const isHeard = announcing?.[announcer] === member;
      if (isHeard && isAnnounced(channel.readable) && isAnnounced(channel.writable)) {
        member.asked = false;
        this.#want(member, wantsOf(channel));
      } else if (!member.asked) {
        member.asked = true;
        member.wants = UNKNOWN;
        const last = this.#asked.at(-1);
        if (last !== undefined && last.order > member.order) isSorted = false;
        this.#asked.push(member);
      } else {
        this.#want(member, member.wants);
      }
    }
    if (!isSorted) this.#asked.sort((a, b) => a.order - b.order);
  }

  /** Asks the poll set for what the channel wants. */
  #want(member: Member, wants: number): void {
    if (!member.live) return;
    member.wants = wants;
    const events = member.blocked ? OUT : eventsOf(wants, this.#backend);
    if (events === member.events) return;
    if (member.events === OUT) this.#watched++;
    else if (events === OUT) this.#watched--;
    member.events = events;
    this.set.setEvents(member.slot, events);
  }

  /** A channel that cannot be polled yet is looked at again in every pass until it can. */
  #mustWait(member: Member, channel: Announcing): boolean {
    const from = channel[pollableFrom]();
    if (from === 0 || from <= now()) return false;
    this.wakeAt = Math.min(this.wakeAt, from);
    this.touched(member);
    return true;
  }

  /** Serves the `count` events of the poll set's last wait. */
  dispatch(count: number): void {
    // A handler may take a pass of its own, which needs a batch of its own.
    const batch = this.#spare ?? new Batch();
    this.#spare = undefined;
    // Whose events these are is settled before any handler runs: a slot may change hands then.
    for (let i = 0; i < count; i++) {
      const member = this.#bySlot[this.set.slotAt(i)];
      if (member !== undefined) batch.add(member, this.set.eventsAt(i));
    }
    const { leave } = underWay;
    underWay.leave = this.#leave;
    try {
      if (this.#backend === POLL) this.#dispatchPolled(batch);
      else this.#dispatchSelected(batch);
    } finally {
      underWay.leave = leave;
      batch.clear();
      this.#spare = batch;
    }
  }

  /** Channel by channel: read, write, exception, close. */
  #dispatchPolled({ members, flags, size }: Batch): void {
    for (let i = 0; i < size; i++) {
      const member = members[i];
      if (member?.live) member.serve(flags[i] ?? 0, readwrite);
    }
  }

  /** All reads, then all writes, then all exceptions. A descriptor that is not open is closed. */
  #dispatchSelected(batch: Batch): void {
    const { members, flags, size } = batch;
    for (let i = 0; i < size; i++) {
      const member = members[i];
      const happened = flags[i] ?? 0;
      if (!member?.live) continue;
      if (happened & POLLIN) member.serve(POLLIN, read);
      else if (happened & POLLNVAL) member.serve(POLLNVAL, close);
    }
    this.#dispatchPhase(batch, POLLOUT, write);
    this.#dispatchPhase(batch, POLLPRI, exception);
  }

  #dispatchPhase({ members, flags, size }: Batch, flag: number, serve: (channel: Channel) => void): void {
    for (let i = 0; i < size; i++) {
      const member = members[i];
      // A channel whose connect was refused earlier in the pass has nothing more to hear of it.
      if (member?.live && (flags[i] ?? 0) & flag && !isBlocked(member.channel)) member.serve(flag, serve);
    }
  }
}
