// Which core serves and which one drives. Where there are two cores and `taskset`, server and load
// generator never share one, and the harness stays on the load generator's.
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

/** With a single core, a driver that spins would take from the server what is to be measured. */
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

/** Moves this process itself off the server's core. */
export function leaveServerCore(): void {
  if (driverCore === undefined) return;
  execFileSync('taskset', ['-a', '-cp', String(driverCore), String(process.pid)], { stdio: 'ignore' });
}
