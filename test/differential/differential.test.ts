// Compares the library with CPython's own asyncore and asynchat: random scenarios played by both leave
// the same traces, except for the deviations that deviations.py describes.
//
//   ASYNCORE_SEEDS=5000   how many scenarios (default 400)
//   ASYNCORE_SEED=17      the first seed; if ASYNCORE_SEEDS is not set, the only one
import { mkdtempSync, rmSync } from 'node:fs';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findPython, playAll } from './arms.ts';
import { type Difference, differences } from './compare.ts';
import { generate } from './generate.ts';
import type { Scenario } from './scenario.ts';

const BATCH = 200;
/** Seconds that TCP gets to deliver, at first and if that was not enough. */
const SETTLE = 0.0003;
const PATIENT = 0.01;

const { ASYNCORE_SEED: first, ASYNCORE_SEEDS: count } = process.env;
const seeds = Array.from({ length: Number(count ?? (first ? 1 : 400)) }, (_, i) => Number(first ?? 1) + i);
const hasInet6 = Object.values(networkInterfaces()).some((list) => list?.some(({ family }) => family === 'IPv6'));

const python = findPython();
const reason = process.platform !== 'linux' ? 'this is not Linux' : 'no Python with asyncore (3.11 or older) was found';
const canCompare = python !== undefined && process.platform === 'linux';
if (!canCompare) console.warn(`NOT COMPARED with CPython: ${reason}; set PYTHON to the path of one`);

async function compare(scenarios: readonly Scenario[], folder: string): Promise<Difference[]> {
  const play = async (some: readonly Scenario[], settle: number) => {
    const { oracle, library } = await playAll(python ?? '', some, folder, settle);
    return differences(some, oracle, library);
  };
  const found = await play(scenarios, SETTLE);
  // A busy machine may deliver TCP data late, which is not the library's fault.
  const late = scenarios.filter(({ seed, tcp }) => tcp && found.some((difference) => difference.seed === seed));
  const certain = found.filter(({ seed }) => !late.some((scenario) => scenario.seed === seed));
  return late.length === 0 ? certain : [...certain, ...(await play(late, PATIENT))];
}

test.skipIf(!canCompare)(
  `${seeds.length} scenarios leave the same traces as under CPython`,
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'asyncore-differential-'));
    try {
      for (let at = 0; at < seeds.length; at += BATCH) {
        const scenarios = seeds.slice(at, at + BATCH).map((seed) => generate(seed, hasInet6));
        const found = await compare(scenarios, folder);
        expect(
          found.length,
          found
            .slice(0, 3)
            .map(({ report }) => report)
            .join('\n\n'),
        ).toBe(0);
      }
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
  Math.max(120_000, seeds.length * 1000),
);
