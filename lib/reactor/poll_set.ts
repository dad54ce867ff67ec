// A set of descriptors to wait on: the addon's poll set with an array for its results.

import { isMainThread } from 'node:worker_threads';
import { now } from '../system/clock.ts';
import { check } from '../system/errors.ts';
import { type Backend, nameOfBackend, native } from '../system/native.ts';
import { eventLoop } from './event_loop.ts';

/** The events of a slot of which nothing is asked, and the slot of an event that there is not. */
export const OUT = -1;

/** Seconds. A worker thread that is terminated ends when it is back in JavaScript. */
const LONGEST_SLEEP = isMainThread ? Infinity : 0.05;

function checkCount(count: number, backend: Backend): number {
  return count < 0 ? check(count, nameOfBackend(backend)) : count;
}

const registry = new FinalizationRegistry<number>((set) => native.closePollSet(set));

export class PollSet {
  /** The addon's; 0 while nothing is in it. */
  #set = 0;
  #slots = 0;
  #parkFrom = Infinity;
  #isArmed = false;
  /** How often it was made to wait for some time. */
  sleeps = 0;
  /** The answer of the last wait: pairs of slot and revents. */
  #ready = new Int32Array(64);

  constructor() {
    this.#open();
  }

  #open(): void {
    this.#set = native.newPollSet();
    registry.register(this, this.#set, this);
    native.setParking(this.#set, this.#parkFrom);
  }

  /**
   * Frees it, until something is added again; a program that never gives the collector a turn would
   * keep it otherwise.
   */
  close(): void {
    registry.unregister(this);
    native.closePollSet(this.#set);
    this.#set = 0;
    this.#isArmed = false;
  }

  add(fd: number, order: number): number {
    if (this.#set === 0) this.#open();
    const slots = this.#slots + 1;
    if (this.#ready.length < 2 * slots) this.#ready = new Int32Array(4 * slots);
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
    if (this.#set !== 0) native.setParking(this.#set, from);
  }

  /** Waits up to `seconds` on this thread: the number of events. */
  wait(backend: Backend, seconds: number): number {
    if (seconds > 0) this.sleeps++;
    let count = this.#look(backend, Math.min(seconds, LONGEST_SLEEP));
    if (seconds <= LONGEST_SLEEP || count > 0) return count;
    const deadline = now() + seconds - LONGEST_SLEEP;
    for (let left = deadline - now(); left > 0 && count === 0; left = deadline - now()) {
      count = this.#look(backend, Math.min(left, LONGEST_SLEEP));
    }
    return count;
  }

  #look(backend: Backend, seconds: number): number {
    return checkCount(native.wait(this.#set, backend, seconds, this.#ready), backend);
  }

  /** The slot of the `index`th event of the last wait. */
  slotAt(index: number): number {
    return this.#ready[2 * index] ?? OUT;
  }

  /** What happened there, as poll(2)'s revents. */
  eventsAt(index: number): number {
    return this.#ready[2 * index + 1] ?? 0;
  }

  /**
   * One look of a wait that lets other JavaScript run: the number of events, or undefined while a
   * thread waits for all that is asked.
   */
  look(backend: Backend): number | undefined {
    // A loop with keepAlive also waits for an empty one.
    if (this.#set === 0) this.#open();
    if (this.#isArmed) {
      if (native.armed(this.#set) !== 0) return undefined;
      this.#isArmed = false;
    }
    return this.#look(backend, 0);
  }

  /** Makes a thread wait until `deadline` (seconds of now()); false if that has already passed. */
  sleep(backend: Backend, deadline: number): boolean {
    const left = deadline - now();
    if (left <= 0) return false;
    check(native.arm(this.#set, backend, Math.min(left, eventLoop.longestWait)), 'pthread_create');
    this.#isArmed = true;
    this.sleeps++;
    return true;
  }

  /** Something is to happen earlier than when a thread was made to wait. */
  rearm(): void {
    if (this.#isArmed) this.disarm();
  }

  /**
   * Makes this thread itself wait until `deadline` when it would sleep next; false if it cannot. With
   * `spin`, it looks for a while first if the last waits were short.
   */
  sleepInline(backend: Backend, deadline: number, spin: boolean): boolean {
    if (this.#isArmed) this.disarm();
    if (native.armInline(this.#set, backend, deadline - now(), spin) === 0) return false;
    this.sleeps++;
    return true;
  }

  /** What that wait has found: the number of events. */
  slept(backend: Backend): number {
    return checkCount(native.slept(this.#set, this.#ready), backend);
  }

  disarm(): void {
    this.#isArmed = false;
    if (this.#set !== 0) native.disarm(this.#set);
  }
}
