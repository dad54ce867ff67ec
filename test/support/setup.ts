// Runs around every test file: the descriptors that are open at its end are those that were open
// at its start.
import { afterAll, beforeAll, expect } from 'vitest';
import { socketMap } from '../../lib/index.ts';
import { openDescriptors, openedSince } from './descriptors.ts';
import { eventually } from './wait.ts';

let before: Map<number, string>;

beforeAll(() => {
  before = openDescriptors();
});

afterAll(async () => {
  expect(socketMap.size, 'channels left in socketMap').toBe(0);
  await eventually(
    () => openedSince(before).length === 0,
    () => `descriptors left open: ${openedSince(before).join(' ')}`,
  );
});
