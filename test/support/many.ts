// Large numbers of descriptors and of waits.
import { closeSync, openSync } from 'node:fs';
import { onTestFinished } from 'vitest';
import { select } from '../../lib/select.ts';

/**
 * Takes up the lowest descriptors so that the next one is at least `number`. Releases them when the
 * result is called or, if the test fails first, when the test is over.
 */
export function occupyBelow(number: number): () => void {
  const taken: number[] = [];
  const release = () => {
    for (const fd of taken.splice(0)) closeSync(fd);
  };
  onTestFinished(release);
  for (let fd = -1; fd < number - 1; taken.push(fd)) fd = openSync('/dev/null', 'r');
  return release;
}

/**
 * Every wait that overlaps with others gets its own thread, which stays, as does its wake-up
 * descriptor. Call this while a test file loads, so that they count as open at its start.
 */
export async function startThreads(count: number): Promise<void> {
  await Promise.all(Array.from({ length: count }, () => select([], [], [], 0.2)));
}
