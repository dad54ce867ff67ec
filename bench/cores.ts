// Which core serves and which one drives. Where `taskset` exists and there are two cores the two
// never share one, and the harness stays on the driver's.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

function allowedCores(): number[] {
  try {
    const list = /Cpus_allowed_list:\s*(\S+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '';
    return list.split(',').flatMap((range) => {
      const [first = 0, last = first] = range.split('-').map(Number);
      return Array.from({ length: last - first + 1 }, (_, i) => first + i);
    });
  } catch {
    return [];
  }
}

function hasTaskset(): boolean {
  try {
    execFileSync('taskset', ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

const cores = hasTaskset() ? allowedCores() : [];
const [serverCore, driverCore = serverCore] = cores;

export const pinned: boolean = serverCore !== undefined;

/** Spinning on the one core that the server needs too would measure the spinning. */
export const driverMaySpin: boolean = cores.length !== 1;

function pin(core: number | undefined, command: string[]): string[] {
  return core === undefined ? command : ['taskset', '-c', String(core), ...command];
}

export function onServerCore(command: string[]): string[] {
  return pin(serverCore, command);
}

export function onDriverCore(command: string[]): string[] {
  return pin(driverCore, command);
}

/** Takes this process itself off the server's core. */
export function leaveServerCore(): void {
  if (driverCore === undefined) return;
  execFileSync('taskset', ['-a', '-cp', String(driverCore), String(process.pid)], { stdio: 'ignore' });
}
