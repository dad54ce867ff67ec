// What a process of the soak says about itself, once a second.
import { openDescriptors } from '../../test/support/descriptors.ts';

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
  return [...openDescriptors().values()].filter((what) => what.startsWith('socket:')).length;
}

/** Resident and used memory in MiB, garbage not counted where it can be collected. */
export function memory(): { resident: number; used: number } {
  globalThis.gc?.();
  const { rss, heapUsed, external } = process.memoryUsage();
  return { resident: rss / 2 ** 20, used: (heapUsed + external) / 2 ** 20 };
}
