// Runs around every test file: the descriptors that are open at its end are those that were open
// at its start.
import { afterAll, beforeAll, expect } from 'vitest';
import { closeAll, loopSync, socketMap } from '../../lib/index.ts';
import { openDescriptors } from './descriptors.ts';
import { eventually } from './wait.ts';

let before: Map<number, string>;

beforeAll(async () => {
  // The reactor's own thread and wake-up descriptor last as long as the process: they come first.
  const { pipe, FileDispatcher, loop } = await import('../../lib/index.ts');
  const [reader, writer] = pipe();
  const map = new Map();
  new FileDispatcher(reader, map);
  reader.close();
  await loop({ map, count: 1, timeout: 0.001 });
  closeAll(map);
  writer.close();
  void loopSync;
  before = openDescriptors();
});

afterAll(async () => {
  expect(socketMap.size, 'channels left in socketMap').toBe(0);
  const left = () => [...openDescriptors()].filter(([fd, what]) => before.get(fd) !== what);
  await eventually(
    () => left().length === 0,
    () => `descriptors left open: ${left().join(' ')}`,
  );
});
