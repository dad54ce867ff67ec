// Runs around every test file and checks that the same descriptors are open at its end as at its
// start.
import { readdirSync, readlinkSync } from 'node:fs';
import { afterAll, beforeAll, expect } from 'vitest';
import { closeAll, loopSync, socketMap } from '../../lib/index.ts';
import { eventually } from './wait.ts';

/** What each open descriptor is, by number, except the one that reads the directory. */
export function openDescriptors(): Map<number, string> {
  const open = new Map<number, string>();
  for (const name of readdirSync('/proc/self/fd')) {
    try {
      open.set(Number(name), readlinkSync(`/proc/self/fd/${name}`));
    } catch {
      // The directory's own descriptor, closed by now.
    }
  }
  return open;
}

let before: Map<number, string>;

beforeAll(async () => {
  // The reactor's thread and wake-up descriptor last as long as the process, so create them first.
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
