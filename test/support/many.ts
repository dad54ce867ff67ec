// Descriptors, and waits, in great numbers.
import { closeSync, openSync } from 'node:fs';
import { onTestFinished } from 'vitest';
import { select } from '../../lib/select.ts';

/**
 * Takes the lowest descriptors so that the next one is at least `number`; gives them back when it
 * is called or, should the test fail before, when that is over.
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
 * Every wait that overlaps with others has a thread of its own, which stays with its wake-up
 * descriptor. Called while a test file loads, this has them counted among what is open at its start.
 */
export async function startThreads(count: number): Promise<void> {
  await Promise.all(Array.from({ length: count }, () => select([], [], [], 0.2)));
}
