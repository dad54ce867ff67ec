// Starts the process of a setting, reads what it prints, and ends it when it stands still.
import { join } from 'node:path';
import { Child, TSX } from '../child.ts';
import type { Outcome, Setting } from './run.ts';

/** A run that has taken no step for so many seconds hangs. */
const HANGS_AFTER = 60;

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
export async function start(setting: Setting, report: (steps: number) => void = () => {}): Promise<Outcome> {
  const { steps, seed, parks } = setting;
  const args = [...TSX, join(import.meta.dirname, 'child.ts'), ...nameOf(setting).split(' '), `${steps}`, `${seed}`];
  const child = new Child(process.execPath, args, {
    // With 0, every channel that is idle for some passes is parked, however few there are.
    env: { ...process.env, ASYNCORE_PARK_FROM: parks ? '0' : 'Infinity' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let outcome: Outcome | undefined;
  let done = 0;
  child.killWhenStill(HANGS_AFTER, () => child.stdout.length);
  child.onLine((text) => {
    const line: Line = JSON.parse(text);
    if ('failure' in line) outcome = line;
    const now = 'failure' in line ? line.steps : line.done;
    report(now - done);
    done = now;
  });
  const { code, signal } = await child.ended;
  const ending = signal === 'SIGKILL' ? `stood still for ${HANGS_AFTER} s` : `ended with ${signal ?? code}`;
  const isWell = code === 0 && outcome !== undefined && !child.stderr.includes('ResourceWarning');
  const failure = outcome?.failure || (isWell ? '' : `${ending}\n${child.stderr.slice(-4000)}`);
  const none = { steps: done, events: 0, passes: 0, reused: 0, mostParked: 0 };
  return { ...(outcome ?? none), failure };
}
