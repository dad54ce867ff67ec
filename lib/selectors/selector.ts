// Python's selectors: descriptors registered with the data that belongs to them, over the same waits as
// select() and Poll.
import { inspect } from 'node:util';
import { PollSet } from '../reactor/poll_set.ts';
import { type Outcome, wait } from '../reactor/wait.ts';
import { integer } from '../system/arguments.ts';
import { POLLIN, POLLNVAL, POLLOUT } from '../system/constants.ts';
import { CodedError, EBADF, invalidType, invalidValue, systemError } from '../system/errors.ts';
import { type FileLike, isGone } from '../system/file_like.ts';
import { type Backend, POLL, SELECT } from '../system/native.ts';
import { notRegistered, type SelectorKey, SelectorMap } from './selector_map.ts';

/** Something can be read, or the input has ended. */
export const EVENT_READ = 1;
/** Something can be written. */
export const EVENT_WRITE = 2;
const BOTH = EVENT_READ | EVENT_WRITE;

/** What select() found: each key with EVENT_READ, EVENT_WRITE or both. */
export type Selected<T = void> = [key: SelectorKey<T>, events: number][];

/** As in Python: what is not above 0 does not wait. */
function waitOf(timeout: unknown): number {
  if (timeout === null || timeout === undefined) return Infinity;
  if (typeof timeout !== 'number' || Number.isNaN(timeout)) {
    throw invalidType('timeout', 'of type number or null', timeout);
  }
  return Math.max(timeout, 0);
}

/** What poll(2) is asked for. */
function pollEvents(events: unknown): number {
  const asked = integer(events, 'events');
  if (asked === 0 || asked & ~BOTH) throw invalidValue('events', 'EVENT_READ, EVENT_WRITE or both', events);
  return (asked & EVENT_READ ? POLLIN : 0) | (asked & EVENT_WRITE ? POLLOUT : 0);
}

/** What all selectors have in common. Source: selectors.py `_BaseSelectorImpl`. */
export class BaseSelector<T = void> {
  readonly #backend: Backend;
  readonly #set = new PollSet();
  readonly #keys = new Map<number, SelectorKey<T>>();
  readonly #map = new SelectorMap<T>(this.#keys);
  readonly #slots = new Map<number, number>();
  readonly #bySlot: (SelectorKey<T> | undefined)[] = [];
  #order = 0;
  #isSelecting = false;
  #isClosed = false;
  readonly #outcome: Outcome<Selected<T>> = {
    read: (count) => this.#read(count),
    isEmpty: (selected) => selected.length === 0,
  };

  /** @internal */
  constructor(backend: Backend) {
    this.#backend = backend;
  }

  /**
   * Registers a descriptor, or an object that has one, for EVENT_READ, EVENT_WRITE or both, with `data` of your own.
   * `ERR_ALREADY_REGISTERED` if the descriptor is.
   */
  register(fileobj: FileLike, events: number, data: T): SelectorKey<T> {
    this.#checkOpen();
    const asked = pollEvents(events);
    const fd = this.#map.lookUp(fileobj);
    if (this.#keys.has(fd)) {
      throw new CodedError('ERR_ALREADY_REGISTERED', `The descriptor ${fd} is already registered`);
    }
    const slot = this.#set.add(fd, ++this.#order);
    this.#set.setEvents(slot, asked);
    this.#slots.set(fd, slot);
    return this.#keep(slot, { fileobj, fd, events, data });
  }

  #keep(slot: number, key: SelectorKey<T>): SelectorKey<T> {
    Object.freeze(key);
    this.#bySlot[slot] = key;
    this.#keys.set(key.fd, key);
    return key;
  }

  /** Ends a registration, even of an object that was closed; `ERR_NOT_REGISTERED` if there is none. */
  unregister(fileobj: FileLike): SelectorKey<T> {
    const key = this.#keys.get(this.#map.lookUp(fileobj));
    const slot = key && this.#slots.get(key.fd);
    if (key === undefined || slot === undefined) throw notRegistered();
    this.#keys.delete(key.fd);
    this.#slots.delete(key.fd);
    this.#bySlot[slot] = undefined;
    this.#set.remove(slot);
    return key;
  }

  /** Changes the events and the data of a registration; `ERR_NOT_REGISTERED` if it is not registered. */
  modify(fileobj: FileLike, events: number, data: T): SelectorKey<T> {
    const key = this.#keys.get(this.#map.lookUp(fileobj));
    const slot = key && this.#slots.get(key.fd);
    if (key === undefined || slot === undefined) throw notRegistered();
    this.#set.setEvents(slot, pollEvents(events));
    return this.#keep(slot, { ...key, events, data });
  }

  /**
   * Waits until something registered is ready, or up to `timeout` seconds (null: forever; 0 or less does not wait). Other
   * JavaScript runs meanwhile, and may register and unregister. One select() at a time: `ERR_SELECT_RUNNING`.
   */
  async select(timeout?: number | null): Promise<Selected<T>> {
    const longest = waitOf(timeout);
    this.#checkOpen();
    if (this.#isSelecting) throw new CodedError('ERR_SELECT_RUNNING', 'A select() of this selector is in progress');
    this.#isSelecting = true;
    try {
      return await wait(this.#set, this.#backend, longest, this.#outcome);
    } finally {
      this.#isSelecting = false;
      if (this.#isClosed) this.#set.close();
    }
  }

  /** Like select(), but blocks the thread; `ERR_NOTHING_TO_WAIT_FOR` if that would be forever. */
  selectSync(timeout?: number | null): Selected<T> {
    const longest = waitOf(timeout);
    this.#checkOpen();
    if (longest === Infinity && this.#keys.size === 0) {
      throw new CodedError('ERR_NOTHING_TO_WAIT_FOR', 'Nothing is registered: this would block forever');
    }
    return this.#read(this.#set.wait(this.#backend, longest));
  }

  #read(count: number): Selected<T> {
    this.#checkOpen();
    const flags = new Map<SelectorKey<T>, number>();
    for (let i = 0; i < count; i++) {
      const key = this.#bySlot[this.#set.slotAt(i)];
      if (key !== undefined) flags.set(key, this.#set.eventsAt(i));
    }
    // The number of an object that has been closed may be in use again.
    for (const key of this.#keys.values()) if (isGone(key.fileobj, key.fd)) flags.set(key, POLLNVAL);
    const selected: Selected<T> = [];
    for (const [key, happened] of flags) {
      // select(2) fails as a whole if one descriptor is not open.
      if (happened & POLLNVAL && this.#backend === SELECT) throw systemError(EBADF, 'select');
      const events = key.events & ((happened & ~POLLOUT ? EVENT_READ : 0) | (happened & ~POLLIN ? EVENT_WRITE : 0));
      if (events !== 0) selected.push([key, events]);
    }
    return selected;
  }

  /** The key of a file object; `ERR_NOT_REGISTERED` if there is none. */
  getKey(fileobj: FileLike): SelectorKey<T> {
    this.#checkOpen();
    const key = this.#map.get(fileobj);
    if (key === undefined) throw notRegistered();
    return key;
  }

  /** What is registered, also later on; null once the selector is closed. */
  getMap(): SelectorMap<T> | null {
    return this.#isClosed ? null : this.#map;
  }

  /** Forgets all that is registered, and closes nothing of it. A select() in progress is rejected. */
  close(): void {
    if (this.#isClosed) return;
    for (const slot of this.#slots.values()) this.#set.remove(slot);
    this.#keys.clear();
    this.#slots.clear();
    this.#bySlot.fill(undefined);
    this.#isClosed = true;
    if (this.#isSelecting) this.#set.disarm();
    else this.#set.close();
  }

  /** The same as close(). */
  [Symbol.dispose](): void {
    this.close();
  }

  /** @hidden */
  [inspect.custom](): string {
    return `<${this.constructor.name} ${this.#isClosed ? 'closed' : `registered=${this.#keys.size}`}>`;
  }

  #checkOpen(): void {
    if (this.#isClosed) throw new CodedError('ERR_SELECTOR_CLOSED', 'The selector is closed');
  }
}

/** A selector that waits with select(2). */
export class SelectSelector<T = void> extends BaseSelector<T> {
  /** A selector with nothing registered. */
  constructor() {
    super(SELECT);
  }
}

/**
 * A selector that waits with poll(2).
 *
 * @example
 * const selector = new DefaultSelector<string>();
 * selector.register(socket, EVENT_READ, 'the client');
 * for (const [key, events] of await selector.select(1.5)) console.log(key.data, events);
 */
export class PollSelector<T = void> extends BaseSelector<T> {
  /** A selector with nothing registered. */
  constructor() {
    super(POLL);
  }
}

/** The selector to use unless there is a reason for another. */
export const DefaultSelector = PollSelector;
export type DefaultSelector<T = void> = PollSelector<T>;
