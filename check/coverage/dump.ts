// Runs around every test file: has the addon that is built for gcov write what it ran, see dump.h.
import { readFileSync } from 'node:fs';
import { afterAll } from 'vitest';

/** SIGRTMAX - 1 on Linux. */
const DUMP = 63;

afterAll(() => {
  const isLoaded = /asyncore\.node$/m.test(readFileSync('/proc/self/maps', 'utf8'));
  // Without the addon nobody handles it, and it would end the process.
  if (isLoaded) process.kill(process.pid, DUMP);
});
