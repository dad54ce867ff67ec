// Deviation 1 at random: steps that open, close, reopen and register channels from wherever that can
// be done, parking and not. `npm run check stale` takes a million of them.
import { expect, test } from 'vitest';
import { nameOf, SETTINGS, start } from '../support/stale/start.ts';

const STEPS = 10_000;
/** Fixed, so that what fails once fails again, as far as the order of events is the system's. */
const SEED = 20_240_501;

// In processes of their own, which sleep for much of the time: all at once.
test.concurrent.each(SETTINGS.map((setting) => [nameOf(setting), setting] as const))(
  'no event reaches a channel that was not asked, whatever is opened and closed (%s)',
  { timeout: 120_000 },
  async (_, setting) => {
    const { failure, steps, reused, mostParked } = await start({ ...setting, steps: STEPS, seed: SEED });
    expect(failure).toBe('');
    expect(steps).toBeGreaterThanOrEqual(STEPS);
    expect(reused).toBeGreaterThan(STEPS / 10);
    expect(mostParked > 0).toBe(setting.parks);
  },
);
