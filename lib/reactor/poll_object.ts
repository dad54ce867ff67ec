// Python's select.poll(): descriptors that are registered once and waited for many times.
import { inspect } from 'node:util';
import { integer, seconds } from '../system/arguments.ts';
import { POLLIN, POLLNVAL, POLLOUT, POLLPRI } from '../system/constants.ts';
import { CodedError, ENOENT, systemError } from '../system/errors.ts';
import { type FileLike, fdOf, isGone } from '../system/file_like.ts';
import { POLL } from '../system/native.ts';
import { PollSet } from './poll_set.ts';
import { type Outcome, wait } from './wait.ts';

/**
 * poll(2) over registered descriptors.
 *
 * @example
 * const poller = new Poll();
 * poller.register(socket, POLLIN);
 * for (const [fd, events] of await poller.poll(1.5)) console.log(fd, events);
 */
export class Poll {
  #set = new PollSet();
  readonly #slots = new Map<number, number>();
  /** What was registered, by slot. */
  readonly #items: (FileLike | undefined)[] = [];
  readonly #fds: number[] = [];
  /** How many have been registered, which is the order of the results. */
  #registered = 0;
  #isPolling = false;
  readonly #outcome: Outcome<[number, number][]> = {
    read: (count) => this.#read(count),
    isEmpty: (result) => result.length === 0,
  };

  /** Registers a descriptor with `mask` (default POLLIN, POLLPRI and POLLOUT), or changes its mask. */
  register(fd: FileLike, mask: number = POLLIN | POLLPRI | POLLOUT): void {
    const number = fdOf(fd, 'fd');
    const events = integer(mask, 'mask', 0, 0x7fff);
    let slot = this.#slots.get(number);
    if (slot === undefined) {
      slot = this.#set.add(number, ++this.#registered);
      this.#slots.set(number, slot);
      this.#fds[slot] = number;
    }
    this.#items[slot] = fd;
    this.#set.setEvents(slot, events);
  }

  /** Changes the mask of a registered descriptor; `ENOENT` if it is not registered. */
  modify(fd: FileLike, mask: number): void {
    const slot = this.#slots.get(fdOf(fd, 'fd'));
    if (slot === undefined) throw systemError(ENOENT, 'modify');
    const events = integer(mask, 'mask', 0, 0x7fff);
    // The number may be that of another object by now.
    this.#items[slot] = fd;
    this.#set.setEvents(slot, events);
  }

  /** Removes a descriptor; `ENOENT` if it is not registered. */
  unregister(fd: FileLike): void {
    const number = fdOf(fd, 'fd');
    const slot = this.#slots.get(number);
    if (slot === undefined) throw systemError(ENOENT, 'unregister');
    this.#slots.delete(number);
    this.#items[slot] = undefined;
    this.#set.remove(slot);
  }

  /**
   * Waits up to `timeout` seconds (null: forever) and resolves with pairs of descriptor and events.
   * POLLERR, POLLHUP and POLLNVAL are always reported. Only one wait may be in progress at a time;
   * another one is rejected with `ERR_POLL_RUNNING`.
   */
  async poll(timeout?: number | null): Promise<[fd: number, events: number][]> {
    const longest = seconds(timeout, 'timeout');
    if (this.#isPolling) throw new CodedError('ERR_POLL_RUNNING', 'A poll() on this object is already in progress');
    this.#isPolling = true;
    try {
      return await wait(this.#set, POLL, longest, this.#outcome);
    } finally {
      this.#isPolling = false;
    }
  }

  /** Like poll(), but blocks the thread. */
  pollSync(timeout?: number | null): [fd: number, events: number][] {
    return this.#read(this.#set.wait(POLL, seconds(timeout, 'timeout')));
  }

  /** Unregisters everything: `using poller = new Poll()`. It can be used again. */
  [Symbol.dispose](): void {
    for (const slot of this.#slots.values()) this.#set.remove(slot);
    this.#slots.clear();
    this.#items.fill(undefined);
    // A wait that is under way goes on, without anything to wait for.
    if (this.#isPolling) return;
    this.#set.close();
    this.#set = new PollSet();
  }

  /** @hidden */
  [inspect.custom](): string {
    return `<${this.constructor.name} registered=${this.#slots.size}>`;
  }

  #read(count: number): [number, number][] {
    const result: [number, number][] = [];
    const isClosed = (slot: number): boolean => {
      const [item, fd] = [this.#items[slot], this.#fds[slot]];
      return item !== undefined && fd !== undefined && isGone(item, fd);
    };
    for (let i = 0; i < count; i++) {
      const slot = this.#set.slotAt(i);
      const fd = this.#fds[slot];
      if (fd !== undefined && !isClosed(slot)) result.push([fd, this.#set.eventsAt(i)]);
    }
    // The number of an object that has been closed may be in use again.
    for (const [fd, slot] of this.#slots) if (isClosed(slot)) result.push([fd, POLLNVAL]);
    return result;
  }
}
