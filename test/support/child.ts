// Programs in a process of their own: what must be seen from outside, or what ends the process.
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';

export const ROOT = resolve(import.meta.dirname, '../..');
/** What Node needs to run TypeScript. */
export const TSX: readonly string[] = ['--import', 'tsx'];

const lib = (name: string) => new URL(`../../lib/${name}.ts`, import.meta.url).href;
const PROLOGUE = `
const asyncore = await import(${JSON.stringify(lib('index'))});
const sockets = await import(${JSON.stringify(lib('socket'))});
const selecting = await import(${JSON.stringify(lib('select'))});
`;

export interface Ending {
  readonly code: number | null;
  readonly signal: string | null;
}

export interface Ended extends Ending {
  readonly stdout: string;
  readonly stderr: string;
}

/** A process that was started in the root of the checkout, and what it has printed so far. */
export class Child {
  readonly process: ChildProcess;
  stdout = '';
  stderr = '';
  /** Settles when it has ended and all that it printed was read. */
  readonly ended: Promise<Ending>;

  constructor(command: string, args: readonly string[], options: SpawnOptions = {}) {
    const child = spawn(command, args, { cwd: ROOT, killSignal: 'SIGKILL', ...options });
    this.process = child;
    child.stdout?.on('data', (data) => (this.stdout += data));
    child.stderr?.on('data', (data) => (this.stderr += data));
    this.ended = new Promise((settle, reject) => {
      child.once('error', reject);
      child.once('close', (code, signal) => settle({ code, signal }));
    });
  }

  /** Calls `hear` with each line of its standard output. */
  onLine(hear: (line: string) => void): void {
    if (this.process.stdout) createInterface(this.process.stdout).on('line', hear);
  }

  /** Kills it once `state` has given the same value for so many seconds. */
  killWhenStill(seconds: number, state: () => unknown): void {
    let [last, since] = [state(), performance.now()];
    const timer = setInterval(() => {
      const now = state();
      if (now !== last) [last, since] = [now, performance.now()];
      else if (performance.now() - since > 1000 * seconds) this.process.kill('SIGKILL');
    }, 200);
    this.process.once('close', () => clearInterval(timer));
  }
}

/** Runs a command to its end, killed after `seconds`. */
export async function runCommand(
  command: string,
  args: readonly string[],
  options: SpawnOptions = {},
  seconds = 15,
): Promise<Ended> {
  const child = new Child(command, args, { ...options, timeout: seconds * 1000 });
  const { code, signal } = await child.ended;
  return { code, signal, stdout: child.stdout, stderr: child.stderr };
}

/**
 * The environment of a program that counts its descriptors: tsx looks through its cache on disk at a moment of its
 * own and takes a descriptor for as long, so that it goes without.
 */
export const UNCACHED: NodeJS.ProcessEnv = { ...process.env, TSX_DISABLE_CACHE: '1' };

/** Starts Node with a limit of descriptors, for spawn() and the functions above. */
export function withLimit(
  descriptors: number,
  args: readonly string[],
): [command: string, args: string[], { env: NodeJS.ProcessEnv }] {
  const command = `ulimit -n ${descriptors} && exec "$0" "$@"`;
  return ['sh', ['-c', command, process.execPath, ...TSX, ...args], { env: UNCACHED }];
}

/** Runs JavaScript (a module) in which `asyncore`, `sockets` and `selecting` are the library. */
export function runProgram(source: string, options: SpawnOptions = {}): Promise<Ended> {
  return runCommand(process.execPath, [...TSX, '--input-type=module', '--eval', PROLOGUE + source], options);
}
