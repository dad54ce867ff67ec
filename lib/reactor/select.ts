// Python's select.select(), on any descriptor.
import { constants } from 'node:os';
import { seconds } from '../system/arguments.ts';
import { POLLIN, POLLNVAL, POLLOUT, POLLPRI } from '../system/constants.ts';
import { invalidType, systemError } from '../system/errors.ts';
import { type FileLike, fdOf } from '../system/file_like.ts';
import { SELECT } from '../system/native.ts';
import { OUT, PollSet } from './poll_set.ts';
import { wait } from './wait.ts';

const EBADF = -constants.errno.EBADF;

/** The three lists of a select() and the poll set that waits for them. */
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
    for (let i = 0; i < count; i++) revents.set(this.set.slotAt(i), this.set.eventsAt(i));
    const ready = <T>(list: [T, number][], event: number): T[] =>
      list.filter(([, fd]) => (revents.get(this.#slots.get(fd)?.slot ?? OUT) ?? 0) & event).map(([item]) => item);
    for (const flags of revents.values()) {
      // select(2) fails as a whole if one descriptor is not open.
      if (flags & POLLNVAL) throw systemError(EBADF, 'select');
    }
    const [r, w, x] = this.#lists;
    return [ready(r, POLLIN), ready(w, POLLOUT), ready(x, POLLPRI)];
  }
}

/**
 * select(2): waits until one of `r` is readable, one of `w` is writable or one of `x` has an
 * exceptional condition, or until `timeout` seconds have passed (null: forever). The returned lists
 * contain the same items that were passed in.
 *
 * There is no FD_SETSIZE limit. Errors: SystemError, with `EBADF` if a descriptor is not open.
 *
 * @example
 * const [readable] = await select([socket], [], [], 1.5);
 */
export async function select<R extends FileLike, W extends FileLike, X extends FileLike>(
  r: Iterable<R>,
  w: Iterable<W>,
  x: Iterable<X>,
  timeout?: number | null,
): Promise<[R[], W[], X[]]> {
  const longest = seconds(timeout, 'timeout');
  const selection = new Selection(r, w, x);
  return selection.result(await wait(selection.set, SELECT, longest));
}

/** Like select(), but blocks the thread. */
export function selectSync<R extends FileLike, W extends FileLike, X extends FileLike>(
  r: Iterable<R>,
  w: Iterable<W>,
  x: Iterable<X>,
  timeout?: number | null,
): [R[], W[], X[]] {
  const longest = seconds(timeout, 'timeout');
  const selection = new Selection(r, w, x);
  return selection.result(selection.set.wait(SELECT, longest));
}
