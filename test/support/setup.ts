// Runs around every test file: the descriptors that are open at its end are those that were open
// at its start.
import { afterAll, beforeAll, expect } from 'vitest';
import { openDescriptors, openedSince } from './descriptors.ts';
import { eventually } from './wait.ts';

let before: Map<number, string>;

beforeAll(() => {
  before = openDescriptors();
});

afterAll(async () => {
  // Not before the test file, which may set what the library reads when it is loaded.
  const { socketMap } = await import('../../lib/index.ts');
  expect(socketMap.size, 'channels left in socketMap').toBe(0);
  await eventually(
    () => openedSince(before).length === 0,
    () => `descriptors left open: ${openedSince(before).join(' ')}`,
  );
});
