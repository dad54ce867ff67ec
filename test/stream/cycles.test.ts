// Streams that are opened, piped and destroyed at random moments: what arrives is what was sent, and no descriptor is
// left, which the end of every test file looks for. `npm run check streams` takes many more.
import { expect, test } from 'vitest';
import { BACKENDS } from '../support/matrix.ts';
import { runCycles } from '../support/stream_cycles.ts';

test.each(BACKENDS)(
  'cycles lose nothing (%s)',
  async (backend) => {
    expect(await runCycles(1000, Date.now() % 1_000_000, { backend })).toEqual([]);
  },
  60_000,
);
