// What a process of the soak says about itself, once a second.
import { readdirSync, readlinkSync } from 'node:fs';

export interface State {
  connections: number;
  frames: number;
  bytes: number;
  /** Times that a connection ended by a reset, by a half-close. */
  resets: number;
  halfCloses: number;
  /** MiB after a collection of garbage. */
  resident: number;
  used: number;
  sockets: number;
  /** Milliseconds from a frame to its echo: the 99th percentile of the last second. */
  latency: number;
  errors: string[];
}

/** How many sockets this process has. */
export function openSockets(): number {
  let count = 0;
  for (const fd of readdirSync('/proc/self/fd')) {
    try {
      if (readlinkSync(`/proc/self/fd/${fd}`).startsWith('socket:')) count++;
    } catch {
      // The one that reads the directory.
    }
  }
  return count;
}

/** Resident and used memory in MiB, garbage not counted where it can be collected. */
export function memory(): { resident: number; used: number } {
  globalThis.gc?.();
  const { rss, heapUsed, external } = process.memoryUsage();
  return { resident: rss / 2 ** 20, used: (heapUsed + external) / 2 ** 20 };
}
