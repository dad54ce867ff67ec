// Descriptors, and waits, in great numbers.
import { closeSync, openSync } from 'node:fs';
import { select } from '../../lib/select.ts';

/** Takes the lowest descriptors so that the next one is at least `number`; gives them back. */
export function occupyBelow(number: number): () => void {
  const taken: number[] = [];
  for (let fd = -1; fd < number - 1; taken.push(fd)) fd = openSync('/dev/null', 'r');
  return () => {
    for (const fd of taken) closeSync(fd);
  };
}

/**
 * Every wait that overlaps with others has a thread of its own, which stays with its wake-up
 * descriptor. Called while a test file loads, this has them counted among what is open at its start.
 */
export async function startThreads(count: number): Promise<void> {
  await Promise.all(Array.from({ length: count }, () => select([], [], [], 0.2)));
}
