// A server that is started with --control takes words on standard input: `gc` frees what it can,
// so that memory is what the connections need; `reset` and `lag` begin and end the measuring of
// how late its timers are. Without --control nothing is listened to and no timer runs.
import { createInterface } from 'node:readline';
import { option } from './options.ts';
import { answer } from './report.ts';

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
  answer({ control: 'gc', collected: globalThis.gc !== undefined });
}

function obey(word: string): void {
  if (word === 'gc') collectGarbage();
  if (word === 'reset') lags = [];
  if (word === 'lag') {
    answer({ control: 'lag', fired: lags.length, p50: quantile(0.5), p99: quantile(0.99), max: quantile(1) });
  }
}

/** To be called once by each server; `timers` are watched from the start. */
export function takeControl(): void {
  const wanted = option('control', '');
  if (wanted === '') return;
  if (wanted === 'lag') watchTimers();
  createInterface({ input: process.stdin }).on('line', obey);
}
