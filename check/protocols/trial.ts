// What the trials share: an example as a server in a process of its own, clients, and a file of 100 MB.
import { createHash, randomBytes } from 'node:crypto';
import { closeSync, createReadStream, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { Child, runCommand, TSX } from '../../test/support/child.ts';
import { eventually } from '../../test/support/wait.ts';
import { temporaryFolder } from '../addon.ts';

/** A real client, or several, against one of the examples. */
export interface Trial {
  readonly name: string;
  /** The programs that it needs. */
  readonly needs: readonly string[];
  /** Throws if something is wrong. Returns what it has shown. */
  run(): Promise<string>;
}

export const FOLDER = temporaryFolder();
export const SIZE = 100_000_000;

/** Seconds: for one client. */
const PATIENCE = 300;

export function need(isSo: boolean, what: string): void {
  if (!isSo) throw new Error(what);
}

/** The SHA-256 of a file. */
export async function hashOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

let large: Promise<{ path: string; hash: string }> | undefined;

/** A file of SIZE bytes that were drawn by lot. */
export function largeFile(): Promise<{ path: string; hash: string }> {
  large ??= makeLarge(join(FOLDER, 'large'));
  return large;
}

async function makeLarge(path: string) {
  const fd = openSync(path, 'wx');
  for (let left = SIZE; left > 0; left -= 10_000_000) writeSync(fd, randomBytes(Math.min(left, 10_000_000)));
  closeSync(fd);
  return { path, hash: await hashOf(path) };
}

/** Throws unless a file has come through whole. */
export async function expectWhole(path: string): Promise<void> {
  const { hash } = await largeFile();
  need((await hashOf(path)) === hash, `${path} is not what was sent`);
}

/** Runs a client that must succeed: what it printed. */
export async function client(command: string, args: readonly string[], stdin?: string): Promise<string> {
  const fd = stdin === undefined ? undefined : openSync(stdin, 'r');
  const { code, signal, stdout, stderr } = await runCommand(
    command,
    args,
    { stdio: [fd ?? 'ignore', 'pipe', 'pipe'] },
    PATIENCE,
  );
  if (fd !== undefined) closeSync(fd);
  need(
    code === 0,
    `${command} ${args.join(' ')} ended with ${signal ?? code}: ${stdout.slice(-2000)}${stderr.slice(-2000)}`,
  );
  return stdout;
}

/** Has an example serve while `during` runs, which is given its port and its process. */
export async function serving<T>(
  example: string,
  args: readonly string[],
  during: (port: number, server: Child) => Promise<T>,
): Promise<T> {
  const server = new Child(process.execPath, [...TSX, `examples/${example}.ts`, ...args]);
  const listening = /^listening on .*?,(\d+)\]$/m;
  try {
    await eventually(
      () => listening.test(server.stdout),
      () => `${example} does not listen: ${server.stdout}${server.stderr}`,
      30,
    );
    return await during(Number(listening.exec(server.stdout)?.[1]), server);
  } finally {
    server.process.kill('SIGKILL');
    await server.ended;
  }
}

/** How fast it went, for people to look at. */
export async function rated(bytes: number, what: () => Promise<unknown>): Promise<string> {
  const began = performance.now();
  await what();
  const seconds = (performance.now() - began) / 1000;
  return `${(bytes / 1e6 / seconds).toFixed(0)} MB/s`;
}
