// Loads the benchmark's own addon: the programs on libuv, and pipe(), which Node does not offer.
import { option } from './options.ts';

interface BenchAddon {
  run(program: string, ...options: string[]): void;
  pipe(): [readEnd: number, writeEnd: number];
}

function isBenchAddon(value: object): value is BenchAddon {
  return 'run' in value && 'pipe' in value;
}

export function loadAddon(): BenchAddon {
  const loaded = { exports: {} };
  process.dlopen(loaded, option('addon', ''));
  if (!isBenchAddon(loaded.exports)) throw new Error("the benchmark's addon was not built");
  return loaded.exports;
}
