// Waiting for conditions, with a deadline.
import { setTimeout as sleep } from 'node:timers/promises';

/** Waits until `condition` holds; fails with `what` if it does not within `seconds`. */
export async function eventually(
  condition: () => boolean,
  what: string | (() => string) = 'the condition did not come true',
  seconds = 5,
): Promise<void> {
  const deadline = performance.now() + seconds * 1000;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(typeof what === 'string' ? what : what());
    await sleep(1);
  }
}
