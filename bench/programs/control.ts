// A server that is started with --control obeys words on standard input: `gc` collects garbage, so
// that the memory left is what the connections need; `reset` and `lag` begin and end measuring how
// late its timers are. Without --control it reads no input and runs no timer.
import { createInterface } from 'node:readline';
import { say } from './messages.ts';
import { option } from './options.ts';

const PERIOD_MS = 5;

let lags: number[] = [];

function watchTimers(): void {
  let due = performance.now() + PERIOD_MS;
  const fire = (): void => {
    const now = performance.now();
    lags.push(now - due);
    due = now + PERIOD_MS;
    setTimeout(fire, PERIOD_MS);
  };
  setTimeout(fire, PERIOD_MS);
}

function quantile(fraction: number): number {
  const sorted = lags.toSorted((a, b) => a - b);
  return sorted[Math.floor(fraction * (sorted.length - 1))] ?? 0;
}

function collectGarbage(): void {
  globalThis.gc?.();
  globalThis.gc?.();
  say({ control: 'gc', collected: globalThis.gc !== undefined });
}

function obey(word: string): void {
  if (word === 'gc') collectGarbage();
  if (word === 'reset') lags = [];
  if (word === 'lag') {
    say({ control: 'lag', fired: lags.length, p50: quantile(0.5), p99: quantile(0.99), max: quantile(1) });
  }
}

/** Called once by each server; with `--control lag` its timers are watched from the start. */
export function takeControl(): void {
  const wanted = option('control', '');
  if (wanted === '') return;
  if (wanted === 'lag') watchTimers();
  createInterface({ input: process.stdin }).on('line', obey);
}
