// The dimensions that tests run over: {select, poll} x {inet, inet6, unix} x {async, sync}.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { type ChannelMap, loop, loopSync } from '../../lib/index.ts';
import { type Address, AF_INET, AF_INET6, AF_UNIX } from '../../lib/socket.ts';

export type BackendName = 'select' | 'poll';
export const BACKENDS: readonly BackendName[] = ['select', 'poll'];

/** One way to run passes. */
export interface Way {
  readonly name: string;
  readonly backend: BackendName;
  /** Up to `count` passes of up to `timeout` seconds each. */
  passes(count?: number, timeout?: number | null, map?: ChannelMap): Promise<void>;
}

export const WAYS: readonly Way[] = BACKENDS.flatMap((backend) => [
  {
    name: `${backend} async`,
    backend,
    passes: (count = 1, timeout: number | null = 0.01, map?: ChannelMap) =>
      loop({ backend, count, timeout, ...(map && { map }) }),
  },
  {
    name: `${backend} sync`,
    backend,
    passes: async (count = 1, timeout: number | null = 0.01, map?: ChannelMap) =>
      loopSync({ backend, count, timeout, ...(map && { map }) }),
  },
]);

/** Runs one pass after another until `condition` holds; fails if `most` passes are not enough. */
export async function passesUntil(way: Way, condition: () => boolean, map?: ChannelMap, most = 500): Promise<void> {
  for (let i = 0; i < most; i++) {
    if (condition()) return;
    await way.passes(1, 0.01, map);
  }
  if (!condition()) throw new Error(`not within ${most} passes: ${condition}`);
}

export interface Family {
  readonly name: string;
  readonly family: number;
  /** An address to bind to, different each time. */
  address(): Address;
}

let folder: string | undefined;
let paths = 0;

/** A path for a UNIX socket or a FIFO, in a folder that is removed when the test file ends. */
export function temporaryPath(): string {
  folder ??= mkdtempSync(join(tmpdir(), 'asyncore-'));
  return join(folder, String(++paths));
}

afterAll(() => {
  if (folder !== undefined) rmSync(folder, { recursive: true });
  folder = undefined;
});

export const FAMILIES: readonly Family[] = [
  { name: 'inet', family: AF_INET, address: () => ['127.0.0.1', 0] },
  { name: 'inet6', family: AF_INET6, address: () => ['::1', 0] },
  { name: 'unix', family: AF_UNIX, address: temporaryPath },
];
