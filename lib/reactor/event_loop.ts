// What takes its turn in every turn of the event loop. Under Node that is after all other JavaScript
// and before the process sleeps; elsewhere when a wait is over, and waits are kept short.
import { native, shared } from '../system/native.ts';
import { setImmediate } from '../system/timers.ts';

/** Something that runs in turns. */
export interface Task {
  /** Does what there is to do; must not throw. Returns whether there may be more to do right away. */
  turn(): boolean;
  /** Whether it calls user code to find out what to wait for. */
  readonly asks: boolean;
  /** Whether the process stays alive for it. */
  readonly keepsAlive: boolean;
  /** Called when a sleep of this thread is over that it asked for; otherwise as turn(). */
  woke?(): boolean;
}

/** Places, as in Turn::Place in native/reactor/turn.h. */
const AFTER_WAITS = 0;
const IN_SLEEP = 2;
/** What is to follow a turn, as in Next there. */
const SLEEP = 0;
const ASK = 1;
const MORE = 2;

/** Bun and Deno also load the addon, but have no libuv to ask. */
const underNode = process.versions['bun'] === undefined && process.versions['deno'] === undefined;

class EventLoop {
  readonly #tasks = new Set<Task>();
  /** How many of them keep the process alive. */
  #keeping = 0;
  #isConnected = false;
  /** Where turns are taken, as connectTurn() returns it. */
  #place = AFTER_WAITS;
  #isAwake = false;
  /** Who asked for this thread's next sleep. */
  sleeper: Task | undefined;

  /** The longest a wait may take, in seconds, where nothing is called before the process sleeps. */
  get longestWait(): number {
    return this.#place === AFTER_WAITS ? 0.02 : Infinity;
  }

  /** Whether this thread itself can sleep in the system call that waits. */
  get sleepsInline(): boolean {
    return this.#place === IN_SLEEP;
  }

  /** Takes turns until leave(). */
  join(task: Task): void {
    if (!this.#isConnected) {
      this.#place = native.connectTurn(
        () => this.#run(),
        () => (this.sleeper?.woke?.() ? MORE : SLEEP),
        underNode,
      );
      this.#isConnected = true;
    }
    if (this.#tasks.size === 0) native.startTurn();
    this.#tasks.add(task);
    if (task.keepsAlive) this.keep(true);
    // The first turn comes without waiting for anything else to happen.
    this.#stayAwake(true);
  }

  /** One task more keeps the process alive, or one less. */
  keep(on: boolean): void {
    this.#keeping += on ? 1 : -1;
    if (this.#keeping === (on ? 1 : 0)) native.keepAlive(on);
  }

  leave(task: Task): void {
    if (!this.#tasks.delete(task)) return;
    // What has ended is not kept.
    if (this.sleeper === task) this.sleeper = undefined;
    if (task.keepsAlive) this.keep(false);
    if (this.#tasks.size > 0) return;
    this.#stayAwake(false);
    native.stopTurn();
  }

  /**
   * Has every task take its turn. Returns what is to follow: if predicates were asked, a second turn
   * before the process sleeps, because what they have deferred (a promise's then()) may change the answers.
   */
  #run(): number {
    let more = false;
    let asks = false;
    for (const task of this.#tasks) {
      if (task.turn()) more = true;
      if (task.asks) asks = true;
    }
    this.#stayAwake(more && this.#tasks.size > 0);
    if (more) return MORE;
    return asks ? ASK : SLEEP;
  }

  #stayAwake(on: boolean): void {
    if (this.#place !== AFTER_WAITS) {
      if (on !== this.#isAwake) native.stayAwake(on);
    } else if (on && !this.#isAwake) {
      setImmediate(() => {
        this.#isAwake = false;
        this.#run();
      });
    }
    this.#isAwake = on;
  }
}

/** One for all copies of the library: there is one place before the process sleeps. */
export const eventLoop = shared('eventLoop', () => new EventLoop());
