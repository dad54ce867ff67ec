// Python's select.poll(): descriptors that are registered once and waited for many times.
import { constants } from 'node:os';
import { integer, seconds } from '../system/arguments.ts';
import { POLLIN, POLLOUT, POLLPRI } from '../system/constants.ts';
import { CodedError, systemError } from '../system/errors.ts';
import { type FileLike, fdOf } from '../system/file_like.ts';
import { POLL } from '../system/native.ts';
import { PollSet } from './poll_set.ts';
import { wait } from './wait.ts';

const ENOENT = -constants.errno.ENOENT;

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

  /** Registers a descriptor with `mask` (default POLLIN, POLLPRI and POLLOUT), or changes its mask. */
  register(fd: FileLike, mask: number = POLLIN | POLLPRI | POLLOUT): void {
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

  /** Changes the mask of a registered descriptor; `ENOENT` if it is not registered. */
  modify(fd: FileLike, mask: number): void {
    const slot = this.#slots.get(fdOf(fd, 'fd'));
    if (slot === undefined) throw systemError(ENOENT, 'modify');
    this.#set.setEvents(slot, integer(mask, 'mask', 0, 0x7fff));
  }

  /** Removes a descriptor; `ENOENT` if it is not registered. */
  unregister(fd: FileLike): void {
    const number = fdOf(fd, 'fd');
    const slot = this.#slots.get(number);
    if (slot === undefined) throw systemError(ENOENT, 'unregister');
    this.#slots.delete(number);
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
      return this.#result(await wait(this.#set, POLL, longest));
    } finally {
      this.#isPolling = false;
    }
  }

  /** Like poll(), but blocks the thread. */
  pollSync(timeout?: number | null): [fd: number, events: number][] {
    return this.#result(this.#set.wait(POLL, seconds(timeout, 'timeout')));
  }

  #result(count: number): [number, number][] {
    const result: [number, number][] = [];
    for (let i = 0; i < count; i++) {
      const fd = this.#fds[this.#set.slotAt(i)];
      if (fd !== undefined) result.push([fd, this.#set.eventsAt(i)]);
    }
    return result;
  }
}
