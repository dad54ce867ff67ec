// Nobody starves: neither the rest of the process beside a loop under full load, nor a channel beside
// another one that never reads; and who is idle costs nothing. The bounds are ample, because these are
// not the figures: `npm run check fairness` prints those.
import { expect, test } from 'vitest';
import { besidePingPong, drifts, idleness, readings, servings } from '../support/fairness.ts';
import { BACKENDS } from '../support/matrix.ts';
import { quantile, within } from '../support/time.ts';

for (const backend of BACKENDS) {
  for (const pairs of [1, 50]) {
    test(`timers and files go on beside ${pairs} saturating ping-pongs (${backend})`, async () => {
      await besidePingPong(backend, pairs, async () => {
        expect(quantile(await drifts(30), 0.5)).toBeLessThan(250);
        await within(readings(10), 10, 'ten files to be read');
      });
    });
  }

  test(`a handler that never reads starves nobody (${backend})`, async () => {
    // As often as there are passes: every one of them in every pass.
    expect(new Set(await servings(backend, 30, 500))).toEqual(new Set([500]));
  });

  test(`an idle loop with 1,000 channels takes no passes (${backend})`, async () => {
    const { asks } = await idleness(backend, 1000, 0.5);
    // Asked again when the process was awake for something else; a loop that spins asks 10,000 times.
    expect(asks).toBeLessThan(200);
  });
}
