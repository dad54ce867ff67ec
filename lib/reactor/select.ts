// Python's select.select(), on any descriptor.
import { seconds } from '../system/arguments.ts';
import { POLLIN, POLLNVAL, POLLOUT, POLLPRI } from '../system/constants.ts';
import { EBADF, invalidType, systemError } from '../system/errors.ts';
import { type FileLike, fdOf, isGone } from '../system/file_like.ts';
import { SELECT } from '../system/native.ts';
import { OUT, PollSet } from './poll_set.ts';
import { type Outcome, wait } from './wait.ts';

type Ready<R, W, X> = [R[], W[], X[]];

/** The three lists of a select() and the poll set that waits for them. */
class Selection<R extends FileLike, W extends FileLike, X extends FileLike> implements Outcome<Ready<R, W, X>> {
  readonly set = new PollSet();
  readonly #slots = new Map<number, { slot: number; events: number; revents: number }>();
  readonly #lists: [read: [R, number][], write: [W, number][], except: [X, number][]];

  constructor(r: Iterable<R>, w: Iterable<W>, x: Iterable<X>) {
    try {
      this.#lists = [this.#add(r, POLLIN, 'r'), this.#add(w, POLLOUT, 'w'), this.#add(x, POLLPRI, 'x')];
    } catch (error) {
      this.set.close();
      throw error;
    }
    for (const { slot, events } of this.#slots.values()) this.set.setEvents(slot, events);
  }

  #add<T extends FileLike>(items: Iterable<T>, event: number, name: string): [T, number][] {
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

  read(count: number): Ready<R, W, X> {
    const revents = new Map<number, number>();
    for (let i = 0; i < count; i++) revents.set(this.set.slotAt(i), this.set.eventsAt(i));
    const ready = <T extends FileLike>(list: [T, number][], event: number): T[] =>
      list
        .filter(([item, fd]) => {
          const flags = revents.get(this.#slots.get(fd)?.slot ?? OUT) ?? 0;
          // select(2) fails as a whole if one descriptor is not open. The number may be in use again.
          if (flags & POLLNVAL || isGone(item, fd)) throw systemError(EBADF, 'select');
          return flags & event;
        })
        .map(([item]) => item);
    const [r, w, x] = this.#lists;
    return [ready(r, POLLIN), ready(w, POLLOUT), ready(x, POLLPRI)];
  }

  isEmpty(lists: Ready<R, W, X>): boolean {
    return lists.every((list) => list.length === 0);
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
  try {
    return await wait(selection.set, SELECT, longest, selection);
  } finally {
    selection.set.close();
  }
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
  try {
    return selection.read(selection.set.wait(SELECT, longest));
  } finally {
    selection.set.close();
  }
}
