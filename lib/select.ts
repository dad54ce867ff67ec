// 'asyncore/select': Python's select module, on any descriptor.
import { constants } from 'node:os';
import { integer, seconds } from './arguments.ts';
import { POLLIN, POLLNVAL, POLLOUT, POLLPRI } from './constants.ts';
import { CodedError, invalidType, systemError } from './errors.ts';
import { type Backend, POLL, SELECT } from './native.ts';
import { now, OUT, PollSet } from './poll_set.ts';
import { join, leave, type Turner } from './turn.ts';

export { POLLERR, POLLHUP, POLLIN, POLLNVAL, POLLOUT, POLLPRI, POLLRDHUP } from './constants.ts';

/** A descriptor's number, or an object that has one. */
export type Waitable = number | { fileno(): number };

function fdOf(item: unknown, name: string): number {
  if (typeof item === 'number') return integer(item, name);
  if (typeof item === 'object' && item !== null && 'fileno' in item && typeof item.fileno === 'function') {
    return integer(item.fileno(), `${name}.fileno()`);
  }
  throw invalidType(name, 'of type number or an object with fileno()', item);
}

/** A wait of its own that lets other JavaScript run. */
class OneWait implements Turner {
  readonly asks = false;
  readonly #set: PollSet;
  readonly #backend: Backend;
  readonly #deadline: number;
  readonly #resolve: (count: number) => void;
  readonly #reject: (reason: unknown) => void;

  constructor(
    set: PollSet,
    backend: Backend,
    timeout: number,
    resolve: (count: number) => void,
    reject: (reason: unknown) => void,
  ) {
    this.#set = set;
    this.#backend = backend;
    this.#deadline = now() + timeout;
    this.#resolve = resolve;
    this.#reject = reject;
    join(this);
  }

  turn(): boolean {
    try {
      const count = this.#set.look(this.#backend);
      if (count === undefined || (count === 0 && this.#set.sleep(this.#backend, this.#deadline))) return false;
      leave(this);
      this.#resolve(count);
    } catch (error) {
      leave(this);
      this.#reject(error);
    }
    return false;
  }
}

function wait(set: PollSet, backend: Backend, timeout: number): Promise<number> {
  return new Promise((resolve, reject) => new OneWait(set, backend, timeout, resolve, reject));
}

/** The three lists of a select() and the set that waits for them. */
class Selection<R, W, X> {
  readonly set = new PollSet();
  readonly #slots = new Map<number, { slot: number; events: number; revents: number }>();
  readonly #lists: [read: [R, number][], write: [W, number][], except: [X, number][]];

  constructor(r: Iterable<R>, w: Iterable<W>, x: Iterable<X>) {
    this.#lists = [this.#add(r, POLLIN, 'r'), this.#add(w, POLLOUT, 'w'), this.#add(x, POLLPRI, 'x')];
    for (const { slot, events } of this.#slots.values()) this.set.setEvents(slot, events);
  }

  #add<T>(items: Iterable<T>, event: number, name: string): [T, number][] {
    if (typeof items !== 'object' || items === null || !(Symbol.iterator in items)) {
      throw invalidType(name, 'an array of descriptors', items);
    }
    const list: [T, number][] = [];
    for (const item of items) {
      const fd = fdOf(item, `${name}[${list.length}]`);
      let entry = this.#slots.get(fd);
      if (entry === undefined) {
        entry = { slot: this.set.add(fd, this.#slots.size), events: 0, revents: 0 };
        this.#slots.set(fd, entry);
      }
      entry.events |= event;
      list.push([item, fd]);
    }
    return list;
  }

  /** What is ready, after a wait with `count` events. */
  result(count: number): [R[], W[], X[]] {
    const revents = new Map<number, number>();
    for (let i = 0; i < count; i++) revents.set(this.set.ready[2 * i] ?? OUT, this.set.ready[2 * i + 1] ?? 0);
    const ready = <T>(list: [T, number][], event: number): T[] =>
      list.filter(([, fd]) => (revents.get(this.#slots.get(fd)?.slot ?? OUT) ?? 0) & event).map(([item]) => item);
    for (const flags of revents.values()) {
      // select(2) refuses as a whole when one descriptor is not open.
      if (flags & POLLNVAL) throw systemError(EBADF, 'select');
    }
    const [r, w, x] = this.#lists;
    return [ready(r, POLLIN), ready(w, POLLOUT), ready(x, POLLPRI)];
  }
}

const EBADF = -constants.errno.EBADF;

/**
 * select(2): waits until one of `r` can be read, one of `w` written or one of `x` has an
 * exceptional condition, or until `timeout` seconds have passed (null: for ever). The lists that
 * come back hold the very items that were given.
 *
 * There is no FD_SETSIZE. Errors: SystemError, `EBADF` when a descriptor is not open.
 *
 * @example
 * const [readable] = await select([socket], [], [], 1.5);
 */
export async function select<R extends Waitable, W extends Waitable, X extends Waitable>(
  r: Iterable<R>,
  w: Iterable<W>,
  x: Iterable<X>,
  timeout?: number | null,
): Promise<[R[], W[], X[]]> {
  const longest = seconds(timeout, 'timeout');
  const selection = new Selection(r, w, x);
  return selection.result(await wait(selection.set, SELECT, longest));
}

/** select(), blocking the thread. */
export function selectSync<R extends Waitable, W extends Waitable, X extends Waitable>(
  r: Iterable<R>,
  w: Iterable<W>,
  x: Iterable<X>,
  timeout?: number | null,
): [R[], W[], X[]] {
  const longest = seconds(timeout, 'timeout');
  const selection = new Selection(r, w, x);
  return selection.result(selection.set.wait(SELECT, longest));
}

/**
 * poll(2) over registered descriptors.
 *
 * @example
 * const poller = new Poll();
 * poller.register(socket, POLLIN);
 * for (const [fd, events] of await poller.poll(1.5)) console.log(fd, events);
 */
export class Poll {
  readonly #set = new PollSet();
  readonly #slots = new Map<number, number>();
  #fds: number[] = [];
  #isPolling = false;

  /** Registers a descriptor for `mask` (default POLLIN, POLLPRI and POLLOUT), or changes its mask. */
  register(fd: Waitable, mask: number = POLLIN | POLLPRI | POLLOUT): void {
    const number = fdOf(fd, 'fd');
    const events = integer(mask, 'mask', 0, 0x7fff);
    let slot = this.#slots.get(number);
    if (slot === undefined) {
      slot = this.#set.add(number, this.#slots.size);
      this.#slots.set(number, slot);
      this.#fds[slot] = number;
    }
    this.#set.setEvents(slot, events);
  }

  /** Changes the mask of a registered descriptor; `ENOENT` when it is not. */
  modify(fd: Waitable, mask: number): void {
    const slot = this.#slots.get(fdOf(fd, 'fd'));
    if (slot === undefined) throw systemError(ENOENT, 'modify');
    this.#set.setEvents(slot, integer(mask, 'mask', 0, 0x7fff));
  }

  /** Forgets a descriptor; `ENOENT` when it is not registered. */
  unregister(fd: Waitable): void {
    const number = fdOf(fd, 'fd');
    const slot = this.#slots.get(number);
    if (slot === undefined) throw systemError(ENOENT, 'unregister');
    this.#slots.delete(number);
    this.#set.remove(slot);
  }

  /**
   * Waits up to `timeout` seconds (null: for ever): pairs of descriptor and what happened, POLLERR,
   * POLLHUP and POLLNVAL unasked. One wait at a time: `ERR_POLL_RUNNING` for a second.
   */
  async poll(timeout?: number | null): Promise<[fd: number, events: number][]> {
    const longest = seconds(timeout, 'timeout');
    if (this.#isPolling) throw new CodedError('ERR_POLL_RUNNING', 'A poll() of this object is under way already');
    this.#isPolling = true;
    try {
      return this.#result(await wait(this.#set, POLL, longest));
    } finally {
      this.#isPolling = false;
    }
  }

  /** poll(), blocking the thread. */
  pollSync(timeout?: number | null): [fd: number, events: number][] {
    return this.#result(this.#set.wait(POLL, seconds(timeout, 'timeout')));
  }

  #result(count: number): [number, number][] {
    const { ready } = this.#set;
    const result: [number, number][] = [];
    for (let i = 0; i < count; i++) {
      const fd = this.#fds[ready[2 * i] ?? OUT];
      if (fd !== undefined) result.push([fd, ready[2 * i + 1] ?? 0]);
    }
    return result;
  }
}

const ENOENT = -constants.errno.ENOENT;
