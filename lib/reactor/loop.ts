// The loop: passes over a channel map, each of which consults, waits, and dispatches. The
// asynchronous ones take their passes in turns of Node's event loop and let it sleep in between;
// the Sync twins block the thread, as Python does.
import { AsyncResource } from 'node:async_hooks';
import { seconds } from '../system/arguments.ts';
import { now } from '../system/clock.ts';
import { CodedError, invalidType, invalidValue, outOfRange } from '../system/errors.ts';
import { type Backend, POLL, SELECT } from '../system/native.ts';
import { type ChannelMap, checkMap, socketMap } from './channel.ts';
import { join, leave, type Turner } from './event_loop.ts';
import { Members } from './registry.ts';
import { Spin } from './spin.ts';

export interface LoopOptions {
  /** The longest one pass waits, in seconds; null or Infinity for ever. Default 30. */
  timeout?: number | null;
  /** Wait with poll(2) instead of select(2). Default false. */
  usePoll?: boolean;
  /** The same by name; goes before `usePoll`. */
  backend?: 'select' | 'poll';
  /** The channels. Default `socketMap`. */
  map?: ChannelMap;
  /** The most passes to take. Default: until the map is empty. */
  count?: number;
  /** Ends the loop; it then rejects with the signal's reason. */
  signal?: AbortSignal;
  /**
   * Whether to look for events a little longer (up to 50 microseconds) before sleeping, after waits
   * that turned out short. Default true.
   */
  spin?: boolean;
}

/** With this many channels open, those that stay idle are parked. */
const PARK_FROM = parkFrom(process.env['ASYNCORE_PARK_FROM']);

function parkFrom(setting: string | undefined): number {
  return setting === undefined || Number.isNaN(Number(setting)) ? 64 : Number(setting);
}

interface Plan {
  members: Members;
  backend: Backend;
  timeout: number;
  count: number;
  signal: AbortSignal | undefined;
  spin: boolean;
}

function planOf(options: LoopOptions = {}): Plan {
  if (typeof options !== 'object' || options === null) throw invalidType('options', 'of type object', options);
  // Its own properties only: whatever somebody put on Object.prototype is no option.
  const own: LoopOptions = Object.assign(Object.create(null), options);
  const { timeout = 30, usePoll = false, backend, map = socketMap, count = Infinity, signal, spin = true } = own;
  if (backend !== undefined && backend !== 'select' && backend !== 'poll') {
    throw invalidValue('backend', "'select' or 'poll'", backend);
  }
  if (typeof usePoll !== 'boolean') throw invalidType('usePoll', 'of type boolean', usePoll);
  if (typeof count !== 'number') throw invalidType('count', 'of type number', count);
  if (Number.isNaN(count)) throw outOfRange('count', 'a number', count);
  if (typeof spin !== 'boolean') throw invalidType('spin', 'of type boolean', spin);
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw invalidType('signal', 'an instance of AbortSignal', signal);
  }
  return {
    members: membersOf(map),
    backend: (backend ?? (usePoll ? 'poll' : 'select')) === 'poll' ? POLL : SELECT,
    timeout: seconds(timeout, 'timeout'),
    count,
    signal,
    spin,
  };
}

function membersOf(map: ChannelMap): Members {
  checkMap(map);
  return Members.of(map);
}

/** Single passes look at everything; only a loop that goes on parks. */
function parkingOf({ count }: Plan): number {
  return count === Infinity ? PARK_FROM : Infinity;
}

/** A loop() under way. */
class Run implements Turner {
  readonly #plan: Plan;
  readonly #resolve: () => void;
  readonly #reject: (reason: unknown) => void;
  readonly #abort = () => this.#end(() => this.#reject(this.#plan.signal?.reason));
  #left: number;
  /** When the pass under way is over; undefined between passes. */
  #deadline: number | undefined;
  #ended = false;
  readonly #spin = new Spin();
  /** The context (AsyncLocalStorage) in which loop() was called: handlers run in it. */
  readonly #context = new AsyncResource('asyncore.loop');
  readonly #take = () => this.#turn();

  constructor(plan: Plan, resolve: () => void, reject: (reason: unknown) => void) {
    this.#plan = plan;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#left = plan.count;
    join(this);
    plan.members.looping = true;
    plan.members.interrupt = (error) => this.#end(() => reject(error));
    plan.signal?.addEventListener('abort', this.#abort);
  }

  get asks(): boolean {
    return this.#plan.members.asks;
  }

  turn(): boolean {
    try {
      return this.#context.runInAsyncScope(this.#take);
    } catch (error) {
      this.#end(() => this.#reject(error));
      return false;
    }
  }

  #turn(): boolean {
    const { members, backend, timeout } = this.#plan;
    if (!this.#goesOn()) return false;
    members.set.setParking(parkingOf(this.#plan));
    members.consult(backend);
    if (this.#ended) return false;
    const count = members.set.look(backend);
    if (count === undefined) return false;
    if (count > 0) {
      this.#spin.end(now);
    } else {
      const time = now();
      this.#deadline ??= time + timeout;
      if (this.#plan.spin && this.#spin.goesOn(time) && time < this.#deadline) return true;
      if (members.set.sleep(backend, Math.min(this.#deadline, members.wakeAt))) return false;
      // Woken for a channel that could not be polled until now: the pass is not over.
      if (time < this.#deadline) return true;
    }
    this.#deadline = undefined;
    this.#left--;
    members.dispatch(count);
    return this.#goesOn();
  }

  #goesOn(): boolean {
    if (this.#ended) return false;
    if (this.#plan.members.map.size > 0 && this.#left > 0) return true;
    this.#end(this.#resolve);
    return false;
  }

  #end(settle: () => void): void {
    if (this.#ended) return;
    this.#ended = true;
    const { members, signal } = this.#plan;
    leave(this);
    members.looping = false;
    members.interrupt = undefined;
    members.set.disarm();
    signal?.removeEventListener('abort', this.#abort);
    settle();
  }
}

async function run(plan: Plan): Promise<void> {
  plan.signal?.throwIfAborted();
  if (plan.members.looping) {
    throw new CodedError('ERR_LOOP_RUNNING', 'A loop() runs on this map already; give the second one a map of its own');
  }
  await new Promise<void>((resolve, reject) => new Run(plan, resolve, reject));
}

/** One pass that blocks the thread while it waits. */
function pass(plan: Plan): void {
  const { members, backend, timeout } = plan;
  members.set.setParking(parkingOf(plan));
  const deadline = now() + timeout;
  let count: number;
  do {
    members.consult(backend);
    const until = Math.min(deadline, members.wakeAt);
    if (until === Infinity && members.watched === 0) {
      throw new CodedError('ERR_NOTHING_TO_WAIT_FOR', 'No channel waits for anything: this would block for ever');
    }
    count = members.set.wait(backend, timeout === 0 ? 0 : Math.max(0, until - now()));
  } while (count === 0 && now() < deadline && members.map.size > 0);
  members.dispatch(count);
}

/**
 * Serves the channels of a map until it is empty, or for `count` passes. Other JavaScript runs
 * while it waits.
 *
 * Rejects with what leaves a handler as ExitNow, with what a `handleError` throws, with the reason
 * of `signal`, or with `ERR_LOOP_RUNNING` when a loop runs on the map already. The channels stay
 * as they are then, and loop() may be called again.
 *
 * Source: asyncore.py `loop`.
 *
 * @example
 * await loop({ usePoll: true, signal: AbortSignal.timeout(60_000) });
 */
export async function loop(options?: LoopOptions): Promise<void> {
  await run(planOf(options));
}

/**
 * The same passes, blocking the thread as Python does: timers and promises wait meanwhile.
 *
 * Throws what loop() rejects with, and `ERR_NOTHING_TO_WAIT_FOR` where it would block for ever.
 */
export function loopSync(options?: LoopOptions): void {
  const plan = planOf(options);
  for (let left = plan.count; plan.members.map.size > 0 && left > 0; left--) {
    plan.signal?.throwIfAborted();
    pass(plan);
  }
}

function planOfPass(timeout: unknown, map: ChannelMap, backend: Backend): Plan {
  return {
    members: membersOf(map),
    backend,
    timeout: seconds(timeout, 'timeout'),
    count: 1,
    signal: undefined,
    spin: true,
  };
}

async function onePass(plan: Plan): Promise<void> {
  if (plan.members.map.size === 0) return;
  if (plan.timeout === 0) pass(plan);
  else await run(plan);
}

/** One pass with select(2) that waits up to `timeout` seconds. */
export async function poll(timeout: number | null = 0, map: ChannelMap = socketMap): Promise<void> {
  await onePass(planOfPass(timeout, map, SELECT));
}

/** One pass with poll(2) that waits up to `timeout` seconds. */
export async function poll2(timeout: number | null = 0, map: ChannelMap = socketMap): Promise<void> {
  await onePass(planOfPass(timeout, map, POLL));
}

/** poll(), blocking the thread. */
export function pollSync(timeout: number | null = 0, map: ChannelMap = socketMap): void {
  const plan = planOfPass(timeout, map, SELECT);
  if (plan.members.map.size > 0) pass(plan);
}

/** poll2(), blocking the thread. */
export function poll2Sync(timeout: number | null = 0, map: ChannelMap = socketMap): void {
  const plan = planOfPass(timeout, map, POLL);
  if (plan.members.map.size > 0) pass(plan);
}

/** The same function as poll2, as in asyncore. */
export const poll3 = poll2;
/** The same function as poll2Sync. */
export const poll3Sync = poll2Sync;
