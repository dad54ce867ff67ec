// Conditions that the system tells only once reach whoever waits for them, also when it was the
// reactor's thread that was told.
import { expect, test } from 'vitest';
import { runCommand } from '../support/child.ts';

const PROGRAM = new URL('../programs/mounts.ts', import.meta.url).pathname;

test('a change of the mounts is told to every kind of wait', { timeout: 50_000 }, async () => {
  // Mounting takes a namespace of one's own; as root, one of mounts alone.
  const namespace = process.getuid?.() === 0 ? '-m' : '-Urm';
  const { stdout, stderr } = await runCommand(
    'unshare',
    [namespace, process.execPath, '--import', 'tsx', PROGRAM],
    {},
    45,
  );
  expect({ stdout: stdout.trim().split('\n'), stderr }).toEqual({
    stdout: [
      'Poll.poll(): true',
      'select(): true',
      'select() beside another wait: true',
      'poll(): true',
      'loop(): true',
      'poll2(): true',
      'loop() with poll: true',
      'loop() inline: true',
      'loop() inline with poll: true',
      'loop() after one that was left: true',
      'loop() after one that was left, with poll: true',
      'loop() inline after one that was left: true',
      'loopSync() after one that was left: true',
      'loop() with poll, whose other handler fails: true',
      'loop() that parks: true',
    ],
    stderr: '',
  });
});
