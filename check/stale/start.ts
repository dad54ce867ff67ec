// Starts the process of a setting, reads what it prints, and ends it when it stands still.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Outcome, Setting } from './run.ts';

/** A run that has taken no step for so many milliseconds hangs. */
const HANGS_AFTER = 60_000;

/** Every way to run: {select, poll} x {async, sync} x {parked, not}. */
export const SETTINGS: readonly Pick<Setting, 'backend' | 'way' | 'parks'>[] = (['select', 'poll'] as const).flatMap(
  (backend) => (['async', 'sync'] as const).flatMap((way) => [true, false].map((parks) => ({ backend, way, parks }))),
);

export function nameOf({ backend, way, parks }: Pick<Setting, 'backend' | 'way' | 'parks'>): string {
  return `${backend} ${way} ${parks ? 'parked' : 'unparked'}`;
}

/** What a process prints: how many steps it has done, or the outcome. */
type Line = { done: number } | Outcome;

/** Runs a setting to its end; `report` hears of steps as they are done. */
export function start(setting: Setting, report: (steps: number) => void = () => {}): Promise<Outcome> {
  const { steps, seed, parks } = setting;
  const args = ['--import', 'tsx', join(import.meta.dirname, 'child.ts'), ...nameOf(setting).split(' ')];
  const child = spawn(process.execPath, [...args, `${steps}`, `${seed}`], {
    // With 0, every channel that is idle for some passes is parked, however few there are.
    env: { ...process.env, ASYNCORE_PARK_FROM: parks ? '0' : 'Infinity' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const kill = () => child.kill('SIGKILL');
  let timer = setTimeout(kill, HANGS_AFTER);
  let outcome: Outcome | undefined;
  let done = 0;
  let errors = '';
  child.stderr.on('data', (data) => {
    errors = (errors + data).slice(-4000);
  });
  createInterface(child.stdout).on('line', (text) => {
    clearTimeout(timer);
    timer = setTimeout(kill, HANGS_AFTER);
    const line: Line = JSON.parse(text);
    if ('failure' in line) outcome = line;
    const now = 'failure' in line ? line.steps : line.done;
    report(now - done);
    done = now;
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      const ending = signal === 'SIGKILL' ? `stood still for ${HANGS_AFTER / 1000} s` : `ended with ${signal ?? code}`;
      const failure =
        outcome?.failure ||
        (code === 0 && outcome && !errors.includes('ResourceWarning') ? '' : `${ending}\n${errors}`);
      const none = { steps: done, events: 0, passes: 0, reused: 0, mostParked: 0 };
      resolve({ ...(outcome ?? none), failure });
    });
  });
}
