// The loop: passes over a channel map, each of which consults, waits, and dispatches. The
// asynchronous functions run their passes in turns of Node's event loop and let it sleep in
// between; their Sync twins block the thread, as Python does.
import { AsyncResource } from 'node:async_hooks';
import { reasonOf, stopListening } from '../system/abort.ts';
import { now } from '../system/clock.ts';
import { debug } from '../system/debug.ts';
import { CodedError, invalidValue } from '../system/errors.ts';
import { NativePromise } from '../system/later.ts';
import { nameOfBackend, POLL, SELECT } from '../system/native.ts';
import { type ChannelMap, socketMap } from './channel.ts';
import { eventLoop, type Task } from './event_loop.ts';
import { isServing, type LoopOptions, type Plan, parkingOf, planOf, planOfPass } from './plan.ts';
import { Registry } from './registry.ts';
import { Spin } from './spin.ts';

/** After a look that found nothing, so many inline sleeps begin without one. */
const BLIND_SLEEPS = 16;

/** A running loop(). */
class Run implements Task {
  readonly #plan: Plan;
  readonly #resolve: () => void;
  readonly #reject: (reason: unknown) => void;
  readonly #abort = () => this.leave(reasonOf(this.#plan.signal));
  #left: number;
  #keepsAlive: boolean;
  /** When the current pass times out; undefined between passes. */
  #deadline: number | undefined;
  #ended = false;
  readonly #spin = new Spin();
  #blindSleeps = 0;
  /** The context (AsyncLocalStorage) in which loop() was called, and in which handlers run. */
  readonly #context = new AsyncResource('asyncore.loop');
  readonly #take = () => this.#turn();
  readonly #wake = () => this.#woke();

  constructor(plan: Plan, resolve: () => void, reject: (reason: unknown) => void) {
    this.#plan = plan;
    this.#resolve = resolve;
    this.#reject = reject;
    this.#left = plan.count;
    this.#keepsAlive = plan.ref;
    // First, because a signal of the user's own may throw.
    plan.signal?.addEventListener('abort', this.#abort);
    // Or call its listeners at once.
    if (this.#ended) return;
    eventLoop.join(this);
    plan.registry.running = this;
    tell('begins', plan);
  }

  get asks(): boolean {
    return this.#plan.registry.asks;
  }

  get keepsAlive(): boolean {
    return this.#keepsAlive;
  }

  turn(): boolean {
    return this.#guarded(this.#take);
  }

  woke(): boolean {
    return this.#guarded(this.#wake);
  }

  #guarded(step: () => boolean): boolean {
    try {
      return this.#context.runInAsyncScope(step);
    } catch (error) {
      this.leave(error);
      return false;
    }
  }

  wake(): void {
    // Long ago, so that the pass is over, whether something is ready or not.
    this.#deadline = 0;
    this.#plan.registry.set.rearm();
  }

  keep(on: boolean): void {
    if (this.#keepsAlive === on) return;
    this.#keepsAlive = on;
    eventLoop.keep(on);
  }

  leave(error: unknown): void {
    this.#end(() => this.#reject(error));
  }

  #turn(): boolean {
    const { registry, backend, timeout } = this.#plan;
    if (!this.#goesOn()) return false;
    registry.set.setParking(parkingOf(this.#plan));
    registry.consult(backend);
    if (!this.#goesOn()) return false;
    // A look comes first if predicates are overridden, because a sleep asks them once more, and while looks find
    // something, because a sleep that is over at once costs more.
    if (!registry.asks && !registry.owes && this.#blindSleeps > 0 && this.#sleepsInline()) return false;
    const count = registry.set.look(backend);
    if (count === undefined) return false;
    if (count > 0 || registry.owes) {
      this.#spin.end(now);
    } else {
      this.#blindSleeps = BLIND_SLEEPS;
      const time = now();
      this.#deadline ??= time + timeout;
      if (this.#plan.spin && this.#spin.goesOn(time) && time < this.#deadline) return true;
      if (time < this.#deadline && this.#sleepsInline()) return false;
      if (registry.set.sleep(backend, Math.min(this.#deadline, registry.wakesAt))) return false;
      // Woken for a deadline, or a channel that could not be polled until now: the pass is not over.
      if (time < this.#deadline) return true;
    }
    return this.#serve(count);
  }

  /** Has this thread itself wait, if it is to and can. */
  #sleepsInline(): boolean {
    const { registry, backend, timeout, spin, inline } = this.#plan;
    if (!inline || !eventLoop.sleepsInline) return false;
    this.#deadline ??= now() + timeout;
    if (!registry.set.sleepInline(backend, Math.min(this.#deadline, registry.wakesAt), spin)) return false;
    eventLoop.sleeper = this;
    return true;
  }

  /** That wait is over. */
  #woke(): boolean {
    this.#blindSleeps--;
    const count = this.#plan.registry.set.slept(this.#plan.backend);
    // Woken for a deadline, or a channel that could not be polled until now: the pass is not over.
    if (count === 0 && this.#deadline !== undefined && now() < this.#deadline) return true;
    return this.#serve(count);
  }

  /** Ends the pass. */
  #serve(count: number): boolean {
    this.#deadline = undefined;
    this.#left--;
    this.#plan.registry.dispatch(count);
    return this.#goesOn();
  }

  #goesOn(): boolean {
    if (this.#ended) return false;
    if (isServing(this.#plan) && this.#left > 0) return true;
    this.#end(this.#resolve);
    return false;
  }

  #end(settle: () => void): void {
    if (this.#ended) return;
    this.#ended = true;
    tell('ends', this.#plan);
    const { registry, signal } = this.#plan;
    eventLoop.leave(this);
    registry.running = undefined;
    registry.set.disarm();
    stopListening(signal, this.#abort);
    settle();
  }
}

function tell(what: string, { registry, backend, isSingle }: Plan): void {
  if (!debug.enabled || isSingle) return;
  debug('a loop %s: %s, channels: %d', what, nameOfBackend(backend), registry.map.size);
}

async function run(plan: Plan): Promise<void> {
  if (plan.signal?.aborted) throw reasonOf(plan.signal);
  if (plan.registry.running !== undefined) {
    throw new CodedError('ERR_LOOP_RUNNING', 'A loop() is already running on this map; give each loop its own map');
  }
  await new NativePromise<void>((resolve, reject) => new Run(plan, resolve, reject));
}

/** One pass, which blocks the thread while it waits. */
function pass(plan: Plan): void {
  const { registry, backend, timeout } = plan;
  registry.set.setParking(parkingOf(plan));
  // One that does not wait need not know the time.
  const deadline = timeout === 0 ? 0 : now() + timeout;
  let count = 0;
  do {
    registry.consult(backend);
    // A deadline or a predicate may have closed the last channel that the loop goes on for.
    if (!isServing(plan)) break;
    const until = Math.min(deadline, registry.wakesAt);
    if (until === Infinity && registry.watched === 0) {
      throw new CodedError('ERR_NOTHING_TO_WAIT_FOR', 'No channel is waiting for anything: this would block forever');
    }
    count = registry.set.wait(backend, timeout === 0 || registry.owes ? 0 : Math.max(0, until - now()));
  } while (count === 0 && !registry.owes && now() < deadline && isServing(plan));
  registry.dispatch(count);
  // Not below a loop() that goes on.
  if (registry.map.size === 0 && registry.running === undefined) registry.set.close();
}

/**
 * Serves the channels of a map until it is empty (apart from those of which unref() was called), or for
 * `count` passes. Other JavaScript runs while it waits. With `keepAlive` it goes on when the map is empty.
 *
 * Rejects with an ExitNow thrown by a handler, with anything that a `handleError` throws, with the
 * reason of `signal`, or with `ERR_LOOP_RUNNING` if a loop is already running on the map. The
 * channels are left as they are, and loop() may be called again.
 *
 * Source: `asyncore.py`, `loop`.
 *
 * @example
 * await loop({ usePoll: true, signal: AbortSignal.timeout(60_000) });
 */
export async function loop(options?: LoopOptions): Promise<void> {
  await run(planOf(options));
}

function keep(map: ChannelMap, on: boolean): void {
  Registry.of(map).running?.keep(on);
}

/**
 * The process does not stay alive for the loop() that runs on the map, as if it had been started with
 * `ref: false`. If none is running, nothing happens.
 */
export function unrefLoop(map: ChannelMap = socketMap): void {
  keep(map, false);
}

/** The process stays alive for the loop() that runs on the map, as it does unless it was told otherwise. */
export function refLoop(map: ChannelMap = socketMap): void {
  keep(map, true);
}

/**
 * Runs the same passes but blocks the thread, as Python does; timers and promises have to wait.
 *
 * Throws what loop() rejects with, and `ERR_NOTHING_TO_WAIT_FOR` if it would block forever.
 */
export function loopSync(options?: LoopOptions): void {
  const plan = planOf(options);
  if (plan.keepAlive) throw invalidValue('keepAlive', 'false for loopSync()', true);
  tell('begins', plan);
  try {
    for (let left = plan.count; isServing(plan) && left > 0; left--) {
      if (plan.signal?.aborted) throw reasonOf(plan.signal);
      pass(plan);
    }
  } finally {
    tell('ends', plan);
  }
}

async function onePass(plan: Plan): Promise<void> {
  if (plan.registry.map.size === 0) return;
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

/** Like poll(), but blocks the thread. */
export function pollSync(timeout: number | null = 0, map: ChannelMap = socketMap): void {
  const plan = planOfPass(timeout, map, SELECT);
  if (plan.registry.map.size > 0) pass(plan);
}

/** Like poll2(), but blocks the thread. */
export function poll2Sync(timeout: number | null = 0, map: ChannelMap = socketMap): void {
  const plan = planOfPass(timeout, map, POLL);
  if (plan.registry.map.size > 0) pass(plan);
}

/** The same function as poll2, as in asyncore. */
export const poll3 = poll2;
/** The same function as poll2Sync. */
export const poll3Sync = poll2Sync;
