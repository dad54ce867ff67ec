// Every way in which a process can end while a thread of it is in a blocked wait: the exit code is
// the right one, and it takes less than 200 ms from the moment of the end.
import { join } from 'node:path';
import { Child, TSX } from '../../test/support/child.ts';
import { quantile } from '../../test/support/time.ts';

export const SUBJECT = join(import.meta.dirname, 'subject.ts');
const SOON = 200;

export interface Way {
  readonly name: string;
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export const WAYS: readonly Way[] = [
  { name: 'return', code: 0, signal: null },
  { name: 'exit', code: 7, signal: null },
  { name: 'threads', code: 7, signal: null },
  { name: 'throw', code: 1, signal: null },
  { name: 'rejection', code: 1, signal: null },
  { name: 'SIGTERM', code: null, signal: 'SIGTERM' },
  { name: 'SIGINT', code: null, signal: 'SIGINT' },
];

/** Ends one process: the milliseconds that it took, or what is wrong. */
function end({ name, code, signal }: Way, backend: string): Promise<number | string> {
  return new Promise((resolve) => {
    const child = new Child(process.execPath, [...TSX, SUBJECT, name, backend], {
      stdio: ['ignore', 'ignore', 'pipe'],
      timeout: 60_000,
    });
    let began: bigint | undefined;
    child.process.stderr?.on('data', () => {
      const said = /^ends (\d+)$/m.exec(child.stderr);
      if (began !== undefined || said === null) return;
      began = BigInt(said[1] ?? 0);
      if (signal !== null) {
        began = process.hrtime.bigint();
        child.process.kill(signal);
      }
    });
    // 'exit' and not 'close': what the process wrote last may be read later.
    child.process.once('exit', (endedWith, killedBy) => {
      const ended = process.hrtime.bigint();
      if (began === undefined) return resolve(`did not begin: ${child.stderr}`);
      if (endedWith !== code || killedBy !== signal)
        return resolve(`ended with ${endedWith ?? killedBy}: ${child.stderr}`);
      resolve(Number(ended - began) / 1e6);
    });
  });
}

/** How often something was done, and how long it took, in words. */
export function timesOf(took: readonly number[]): string {
  return `${took.length} times, ${quantile(took, 0.5).toFixed(1)} ms, at most ${Math.max(...took).toFixed(1)} ms`;
}

/** All ways, `times` times with each backend; the failures. */
export async function endProcesses(times: number): Promise<string[]> {
  const failures: string[] = [];
  for (const way of WAYS) {
    process.send?.(way.name);
    const took: number[] = [];
    for (let i = 0; i < times; i++) {
      for (const backend of ['select', 'poll']) {
        let result = await end(way, backend);
        // A machine that is busy with something else takes its time now and then.
        for (let tries = 0; tries < 3 && typeof result === 'number' && result >= SOON; tries++) {
          result = await end(way, backend);
        }
        if (typeof result === 'string') failures.push(`${way.name} with ${backend} ${result}`);
        else if (result >= SOON) failures.push(`${way.name} with ${backend} took ${result.toFixed(0)} ms`);
        else took.push(result);
      }
    }
    console.log(`${way.name}: ${timesOf(took)}`);
  }
  return failures;
}
