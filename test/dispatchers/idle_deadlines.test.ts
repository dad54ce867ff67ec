// What thousands of deadlines cost while nothing else happens: next to nothing.
import { expect, test } from 'vitest';
import { runCommand, TSX } from '../support/child.ts';
import { BACKENDS } from '../support/matrix.ts';

const PROGRAM = new URL('../programs/deadlines.ts', import.meta.url).pathname;

test.each(BACKENDS)(
  '4,000 channels, 500 of whose deadlines are over in a second (%s)',
  { timeout: 70_000 },
  async (backend) => {
    const { stdout, stderr } = await runCommand(process.execPath, [...TSX, PROGRAM, '4000', backend, '8', '4'], {}, 60);
    const [, channels, over, share] = /^(\d+) channels, (\d+) deadlines: ([\d.]+) %\n$/.exec(stdout) ?? [];
    expect([stderr, channels]).toEqual(['', '4000']);
    expect(Number(over)).toBeGreaterThan(500);
    // Of a processor; a timer of Node's for each channel, and a pass for each, would be several times that.
    expect(Number(share)).toBeLessThan(5);
  },
);
