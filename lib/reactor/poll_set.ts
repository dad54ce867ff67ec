// A set of descriptors to wait on: the addon's poll set with an array for its results.

import { now } from '../system/clock.ts';
import { check } from '../system/errors.ts';
import { type Backend, native, SELECT } from '../system/native.ts';
import { longestWait } from './event_loop.ts';

/** The events of a slot that is not waited for. */
export const OUT = -1;

// Looked up once: the addon has so many functions that each lookup takes as long as a short call.
const { wait, armed } = native;

const registry = new FinalizationRegistry<number>((set) => native.closePollSet(set));

export class PollSet {
  readonly #set = native.newPollSet();
  #slots = 0;
  #parkFrom = Infinity;
  #isArmed = false;
  /** The result of the last wait: pairs of slot and revents. */
  ready = new Int32Array(64);

  constructor() {
    registry.register(this, this.#set);
  }

  add(fd: number, order: number): number {
    const slots = this.#slots + 1;
    if (this.ready.length < 2 * slots) this.ready = new Int32Array(4 * slots);
    const slot = native.add(this.#set, fd, order);
    this.#slots = slots;
    return slot;
  }

  setEvents(slot: number, events: number): void {
    native.setEvents(this.#set, slot, events);
  }

  remove(slot: number): void {
    this.#slots--;
    native.remove(this.#set, slot);
  }

  setParking(from: number): void {
    if (from === this.#parkFrom) return;
    this.#parkFrom = from;
    native.setParking(this.#set, from);
  }

  /** Waits up to `seconds` on this thread and returns the number of pairs in `ready`. */
  wait(backend: Backend, seconds: number): number {
    const count = wait(this.#set, backend, seconds, this.ready);
    return count < 0 ? check(count, backend === SELECT ? 'select' : 'poll') : count;
  }

  /**
   * Looks once, without blocking, and returns the number of pairs in `ready`, or undefined while a
   * thread is waiting for everything wanted.
   */
  look(backend: Backend): number | undefined {
    if (this.#isArmed) {
      if (armed(this.#set) !== 0) return undefined;
      this.#isArmed = false;
    }
    return this.wait(backend, 0);
  }

  /** Makes a thread wait until `deadline` (seconds of now()); false if that has already passed. */
  sleep(backend: Backend, deadline: number): boolean {
    const left = deadline - now();
    if (left <= 0) return false;
    check(native.arm(this.#set, backend, Math.min(left, longestWait())), 'pthread_create');
    this.#isArmed = true;
    return true;
  }

  disarm(): void {
    this.#isArmed = false;
    native.disarm(this.#set);
  }
}
