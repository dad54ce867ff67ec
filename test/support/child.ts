// Runs programs in their own process, for what a test must see from outside or what ends the process.
import { type SpawnOptions, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const lib = (name: string) => new URL(`../../lib/${name}.ts`, import.meta.url).href;
const root = fileURLToPath(new URL('../..', import.meta.url));

const PROLOGUE = `
const asyncore = await import(${JSON.stringify(lib('index'))});
const sockets = await import(${JSON.stringify(lib('socket'))});
const selecting = await import(${JSON.stringify(lib('select'))});
`;

export interface Ended {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a command until it exits, or kills it after `seconds`. */
export function runCommand(
  command: string,
  args: readonly string[],
  options: SpawnOptions = {},
  seconds = 15,
): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: root, ...options, timeout: seconds * 1000, killSignal: 'SIGKILL' });
    let stdout = '';
    let stderr = '';
    child.stdout?.on('data', (data) => (stdout += data));
    child.stderr?.on('data', (data) => (stderr += data));
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
}

/** Runs JavaScript (a module) in which `asyncore`, `sockets` and `selecting` are the library. */
export function runProgram(source: string, options: SpawnOptions = {}): Promise<Ended> {
  const args = ['--import', 'tsx', '--input-type=module', '--eval', PROLOGUE + source];
  return runCommand(process.execPath, args, options);
}
