// The tasks that run in every turn of the event loop. Under Node, that is after all other
// JavaScript and before the process sleeps; elsewhere, it is when a wait is over, and waits are
// kept short.
import { check } from '../system/errors.ts';
import { native } from '../system/native.ts';

/** Something that runs once per turn. */
export interface Task {
  /** Does what there is to do; must not throw. Returns whether there may be more to do right away. */
  turn(): boolean;
  /** Whether it calls user code to find out what to wait for. */
  readonly asks: boolean;
}

/** Bun and Deno can load the addon too, but have no libuv to call. */
const underNode = process.versions.bun === undefined && process.versions.deno === undefined;

const tasks = new Set<Task>();
let connected = false;
let calledBeforeSleep = false;
let awake = false;

/** The longest that a wait may take, in seconds: short if nothing calls us before the process sleeps. */
export function longestWait(): number {
  return calledBeforeSleep ? Infinity : 0.02;
}

/**
 * Runs every task. Returns whether to call it again before the process sleeps: what a predicate has
 * deferred (a promise's then()) runs after this and may change the answers.
 */
function run(): boolean {
  let more = false;
  let asks = false;
  for (const task of tasks) {
    if (task.turn()) more = true;
    if (task.asks) asks = true;
  }
  stayAwake(more && tasks.size > 0);
  return asks && !more;
}

function stayAwake(on: boolean): void {
  if (calledBeforeSleep) {
    if (on !== awake) native.stayAwake(on);
  } else if (on && !awake) {
    setImmediate(() => {
      awake = false;
      run();
    });
  }
  awake = on;
}

/** Runs the task in every turn until leave(), and keeps the process alive. */
export function join(task: Task): void {
  if (!connected) {
    calledBeforeSleep = native.connectTurn(run, underNode) === 1;
    connected = true;
  }
  if (tasks.size === 0) check(native.startTurn(), 'eventfd');
  tasks.add(task);
  // The first turn does not wait for anything else to happen.
  stayAwake(true);
}

export function leave(task: Task): void {
  if (!tasks.delete(task) || tasks.size > 0) return;
  stayAwake(false);
  native.stopTurn();
}
