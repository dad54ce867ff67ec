// What takes its turn in every turn of the event loop. Under Node that is after all other JavaScript
// and before the process sleeps; elsewhere when a wait is over, and waits are kept short.
import { check } from '../system/errors.ts';
import { native } from '../system/native.ts';

/** Something that runs in turns. */
export interface Task {
  /** Does what there is to do; must not throw. Whether there may be more to do at once. */
  turn(): boolean;
  /** Whether it calls functions of the user's to find out what to wait for. */
  readonly asks: boolean;
}

/** Bun and Deno load the addon too, but have no libuv that could be asked. */
const underNode = process.versions.bun === undefined && process.versions.deno === undefined;

const tasks = new Set<Task>();
let connected = false;
let calledBeforeSleep = false;
let awake = false;

/** The longest a wait may take, in seconds, where nobody calls before the process sleeps. */
export function longestWait(): number {
  return calledBeforeSleep ? Infinity : 0.02;
}

/**
 * Has every task take its turn. Whether it is to be called again before the process sleeps: what a
 * predicate has deferred (a promise's then()) runs after this, and may change the answers.
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

/** Takes turns until leave(); keeps the process alive. */
export function join(task: Task): void {
  if (!connected) {
    calledBeforeSleep = native.connectTurn(run, underNode) === 1;
    connected = true;
  }
  if (tasks.size === 0) check(native.startTurn(), 'eventfd');
  tasks.add(task);
  // The first turn comes without waiting for anything else to happen.
  stayAwake(true);
}

export function leave(task: Task): void {
  if (!tasks.delete(task) || tasks.size > 0) return;
  stayAwake(false);
  native.stopTurn();
}
