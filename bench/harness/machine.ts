// What the figures were measured on, and how much of the machine other work took meanwhile.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, release, totalmem, type } from 'node:os';
import { pinned } from './cores.ts';

function firstLine(command: string, ...options: string[]): string {
  try {
    return (
      execFileSync(command, options, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).split('\n')[0] ?? ''
    );
  } catch {
    return '';
  }
}

/** A Python that has asyncore (it left the standard library in 3.12), or null. */
export function findPython(): string | null {
  const check = 'import warnings; warnings.simplefilter("ignore"); import asyncore, asynchat; print("yes")';
  const names = ['python3', 'python3.11', 'python3.10', 'python3.9', 'python'];
  return names.find((name) => firstLine(name, '-c', check) === 'yes') ?? null;
}

function isVirtual(): boolean {
  try {
    return /^flags.*\bhypervisor\b/m.test(readFileSync('/proc/cpuinfo', 'utf8'));
  } catch {
    return false;
  }
}

export function describeMachine(root: string, python: string | null): Record<string, string> {
  const commit = firstLine('git', '-C', root, 'rev-parse', '--short', 'HEAD');
  const changed = firstLine('git', '-C', root, 'status', '--porcelain', '--', 'lib', 'native') !== '';
  const virtual = isVirtual() ? ' (virtual machine)' : '';
  return {
    processor: `${cpus()[0]?.model.trim() ?? 'unknown'}, ${cpus().length} cores${virtual}`,
    memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
    system: `${type()} ${release()}`,
    pinning: pinned ? 'server on one core, load generator on another' : 'none (no taskset)',
    node: process.version,
    libuv: process.versions.uv ?? '',
    python: python === null ? 'none with asyncore' : firstLine(python, '--version'),
    compiler: firstLine('cc', '--version'),
    library: commit === '' ? 'not in version control' : `${commit}${changed ? ' with changes' : ''}`,
  };
}

interface Usage {
  wall: number;
  busy: number;
  ours: number;
}

const TICK_SECONDS = 0.01;

function sum(fields: string[], from: number, to: number): number {
  return fields.slice(from, to).reduce((total, field) => total + Number(field), 0);
}

function usage(): Usage {
  const wall = performance.now() / 1000;
  try {
    const [all = ''] = readFileSync('/proc/stat', 'utf8').split('\n');
    const fields = all.split(/\s+/);
    // user nice system (idle iowait) irq softirq steal
    const busy = sum(fields, 1, 4) + sum(fields, 6, 9);
    const own = readFileSync('/proc/self/stat', 'utf8').split(') ')[1]?.split(' ') ?? [];
    // utime stime cutime cstime: ended children are included, and by now all have ended.
    return { wall, busy: busy * TICK_SECONDS, ours: sum(own, 11, 15) * TICK_SECONDS };
  } catch {
    return { wall, busy: 0, ours: 0 };
  }
}

/** Starts watching; the function it returns gives the share of a core that other work has taken since. */
export function watchOthers(): () => number {
  const before = usage();
  return () => {
    const after = usage();
    const others = after.busy - before.busy - (after.ours - before.ours);
    return Math.max(0, others / Math.max(after.wall - before.wall, TICK_SECONDS));
  };
}
