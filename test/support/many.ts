// Large numbers of descriptors.
import { closeSync, openSync } from 'node:fs';
import { onTestFinished } from 'vitest';

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
