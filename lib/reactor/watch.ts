// Waits for single descriptors without a map and a loop(), for streams and promises: all those of an
// environment share one poll set, which takes its turns in the event loop while anybody waits.
import { now } from '../system/clock.ts';
import { POLLERR, POLLHUP, POLLNVAL } from '../system/constants.ts';
import { EBADF, systemError } from '../system/errors.ts';
import { type FileLike, fdOf, isGone } from '../system/file_like.ts';
import { throwLater } from '../system/later.ts';
import { POLL } from '../system/native.ts';
import { eventLoop, type Task } from './event_loop.ts';
import { PARK_FROM } from './plan.ts';
import { OUT, PollSet } from './poll_set.ts';
import { Spin } from './spin.ts';

/** What nobody needs to ask for. */
const ALWAYS = POLLERR | POLLHUP | POLLNVAL;
/** Under load, so many looks may pass until it is noticed that a file was closed by others. */
const LOOKS = 64;

/** Who waits for a descriptor. */
export interface Waiting {
  /** It is ready for some of what is wanted, or gone (POLLHUP, POLLERR). */
  ready(events: number): void;
  /** The wait is over for good. */
  failed(error: unknown): void;
}

/** One descriptor's place in the poll set; there may be several who wait for it. */
class Entry {
  readonly fd: number;
  readonly slot: number;
  /** Those who wait now. The others are not held, so that what was dropped can be collected. */
  readonly watches: Watch[] = [];
  /** How many have waited and are not closed. */
  open = 0;
  events = OUT;

  constructor(fd: number, slot: number) {
    this.fd = fd;
    this.slot = slot;
  }
}

class Watcher implements Task {
  readonly asks = false;
  readonly keepsAlive = true;
  readonly #set = new PollSet();
  readonly #entries = new Map<number, Entry>();
  readonly #bySlot: (Entry | undefined)[] = [];
  readonly #spin = new Spin();
  /** How many descriptors are wanted. */
  #wanted = 0;
  #order = 0;
  #looks = 0;
  #isJoined = false;

  /** The place of a descriptor, for one more; until leave(). */
  enter(fd: number): Entry {
    let entry = this.#entries.get(fd);
    if (entry === undefined) {
      // It counts what is in the set.
      this.#set.setParking(PARK_FROM);
      entry = new Entry(fd, this.#set.add(fd, ++this.#order));
      this.#entries.set(fd, entry);
      this.#bySlot[entry.slot] = entry;
    }
    entry.open++;
    return entry;
  }

  leave(entry: Entry): void {
    if (--entry.open > 0) return;
    this.#entries.delete(entry.fd);
    this.#bySlot[entry.slot] = undefined;
    this.#set.remove(entry.slot);
    if (this.#entries.size === 0) this.#set.close();
  }

  /** Ends the thread's wait: it must not keep a file open that its owner closes next. */
  disarm(): void {
    this.#set.disarm();
  }

  /** Tells the poll set what is wanted of a descriptor. */
  update(entry: Entry): void {
    let events = 0;
    for (const { wanted } of entry.watches) events |= wanted;
    if (events === 0) events = OUT;
    if (events === entry.events) return;
    if (entry.events === OUT) this.#wanted++;
    else if (events === OUT) this.#wanted--;
    entry.events = events;
    this.#set.setEvents(entry.slot, events);
    if (this.#isJoined || this.#wanted === 0) return;
    this.#isJoined = true;
    eventLoop.join(this);
  }

  /** Asks anew for what is wanted of a descriptor, wherever the system is asked. */
  renew(entry: Entry): void {
    this.#set.setEvents(entry.slot, OUT);
    this.#set.setEvents(entry.slot, entry.events);
  }

  turn(): boolean {
    // Not earlier: who pauses a stream often resumes it before anything else happens.
    if (this.#wanted === 0) {
      this.#isJoined = false;
      eventLoop.leave(this);
      if (this.#entries.size > 0) this.#set.disarm();
      return false;
    }
    try {
      return this.#look();
    } catch (error) {
      for (const { watches } of [...this.#entries.values()]) for (const watch of [...watches]) watch.fail(error);
      return this.#wanted > 0;
    }
  }

  /** Whether there may be more to do right away. */
  #look(): boolean {
    const count = this.#set.look(POLL);
    if (count === undefined) return false;
    this.#looks++;
    if ((count === 0 || this.#looks % LOOKS === 0) && this.#failClosed()) return true;
    if (count > 0) {
      this.#spin.end(now);
      this.#serve(count);
      return true;
    }
    if (this.#spin.goesOn(now())) return true;
    this.#set.sleep(POLL, Infinity);
    return false;
  }

  #serve(count: number): void {
    // All are found before any is called, because they may free slots and use them again.
    const found: [watch: Watch, events: number][] = [];
    for (let i = 0; i < count; i++) {
      const entry = this.#bySlot[this.#set.slotAt(i)];
      if (entry === undefined) continue;
      for (const watch of entry.watches) found.push([watch, this.#set.eventsAt(i)]);
    }
    for (const [watch, events] of found) watch.serve(events);
  }

  /** Ends the waits for files that their owners have closed; whether there were any. */
  #failClosed(): boolean {
    const gone: Watch[] = [];
    for (const { watches } of this.#entries.values()) {
      for (const watch of watches) if (watch.isGone) gone.push(watch);
    }
    for (const watch of gone) watch.fail(systemError(EBADF, 'poll'));
    return gone.length > 0;
  }
}

const watcher = new Watcher();

/** Those who have waited, and were dropped without a close(). */
const dropped = new FinalizationRegistry<Entry>((entry) => watcher.leave(entry));

/** A wait for one descriptor, as often as it is wanted. Call close() before the descriptor is closed. */
export class Watch {
  readonly fd: number;
  readonly #file: FileLike;
  readonly #waiting: Waiting;
  #wanted = 0;
  #entry: Entry | undefined;
  #hasRested = false;
  #isClosed = false;

  constructor(file: FileLike, waiting: Waiting) {
    this.#file = file;
    this.fd = fdOf(file, 'fd');
    this.#waiting = waiting;
  }

  /** What is waited for (POLLIN, POLLOUT, POLLPRI); 0 is nothing. */
  get wanted(): number {
    return this.#wanted;
  }

  /** Waits for `events` from now on; keeps the process alive unless it is 0. */
  want(events: number): void {
    if (this.#isClosed || events === this.#wanted) return;
    this.#entry ??= watcher.enter(this.fd);
    const { watches } = this.#entry;
    if (this.#wanted === 0) {
      // The number may be that of another file by now than when the others began to wait.
      if (watches.length > 0) watcher.renew(this.#entry);
      watches.push(this);
    } else if (events === 0) watches.splice(watches.indexOf(this), 1);
    this.#wanted = events;
    watcher.update(this.#entry);
    if (events !== 0 || this.#hasRested) return;
    this.#hasRested = true;
    dropped.register(this, this.#entry, this);
  }

  /** Whether the file was closed by somebody else, so that its number may belong to another. */
  get isGone(): boolean {
    return this.#wanted !== 0 && isGone(this.#file, this.fd);
  }

  /** Hands on what happened; it may be of no use any more. */
  serve(happened: number): void {
    const events = happened & (this.#wanted | ALWAYS);
    if (this.#isClosed || this.#wanted === 0 || events === 0) return;
    if (events & POLLNVAL || this.isGone) {
      this.fail(systemError(EBADF, 'poll'));
      return;
    }
    try {
      this.#waiting.ready(events);
    } catch (error) {
      throwLater(error);
    }
  }

  fail(error: unknown): void {
    if (this.#isClosed) return;
    this.close();
    try {
      this.#waiting.failed(error);
    } catch (reason) {
      throwLater(reason);
    }
  }

  close(): void {
    if (this.#isClosed) return;
    const entry = this.#entry;
    if (entry !== undefined) {
      if (this.#hasRested) dropped.unregister(this);
      if (this.#wanted !== 0) {
        entry.watches.splice(entry.watches.indexOf(this), 1);
        watcher.update(entry);
        watcher.disarm();
      }
      watcher.leave(entry);
    }
    this.#isClosed = true;
    this.#wanted = 0;
  }
}
