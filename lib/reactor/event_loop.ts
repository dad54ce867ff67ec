// Who is asked in every turn of the event loop. Under Node that is after all other JavaScript and
// before the process sleeps; elsewhere when a wait is over, and waits are kept short.
import { check } from '../system/errors.ts';
import { native } from '../system/native.ts';

/** Something that runs in turns. */
export interface Turner {
  /** Does what there is to do; must not throw. Whether there may be more to do at once. */
  turn(): boolean;
  /** Whether it calls functions of the user's to find out what to wait for. */
  readonly asks: boolean;
}

/** Bun and Deno load the addon too, but have no libuv that could be asked. */
const underNode = process.versions.bun === undefined && process.versions.deno === undefined;

const turners = new Set<Turner>();
let connected = false;
let calledBeforeSleep = false;
let awake = false;

/** The longest a wait may take, in seconds, where nobody calls before the process sleeps. */
export function longestWait(): number {
  return calledBeforeSleep ? Infinity : 0.02;
}

/**
 * Takes everybody's turn. Whether it is to be called again before the process sleeps: what a
 * predicate has put off (a promise's then()) runs after this, and may change the answers.
 */
function run(): boolean {
  let more = false;
  let asks = false;
  for (const turner of turners) {
    if (turner.turn()) more = true;
    if (turner.asks) asks = true;
  }
  stayAwake(more && turners.size > 0);
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
export function join(turner: Turner): void {
  if (!connected) {
    calledBeforeSleep = native.connectTurn(run, underNode) === 1;
    connected = true;
  }
  if (turners.size === 0) check(native.startTurn(), 'eventfd');
  turners.add(turner);
  // The first turn comes without waiting for anything else to happen.
  stayAwake(true);
}

export function leave(turner: Turner): void {
  if (!turners.delete(turner) || turners.size > 0) return;
  stayAwake(false);
  native.stopTurn();
}
