// examples/reuse_port.ts under curl: every thread answers, and no connection is lost.
import { expect, test } from 'vitest';
import { runCommand } from '../support/child.ts';
import { Program } from '../support/program.ts';

test('curl is answered by both threads', async () => {
  const port = await new Program('examples/reuse_port.ts', ['0', '2']).port();
  const { code, stdout } = await runCommand('curl', ['-sS', '--fail', `http://127.0.0.1:${port}/[1-100]`]);
  expect(code).toBe(0);
  const counts = new Map<string, number>();
  for (const [, thread = '', count] of stdout.matchAll(/^thread (\d+), answer (\d+)$/gm))
    counts.set(thread, Number(count));
  expect(counts.size).toBe(2);
  expect([...counts.values()].reduce((sum, count) => sum + count)).toBe(100);
});
