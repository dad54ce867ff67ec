// Step 5: a child's stdout and stderr and this terminal's stdin.
import { isatty } from 'node:tty';
import { run } from './program.ts';
import { since, step, tell } from './tell.ts';

const SHORT = 'echo one; sleep 0.2; echo two >&2; sleep 0.2; echo three';
const LONG = 'echo "type a line!"; sleep 2; echo "thank you" >&2';

export async function terminal(): Promise<void> {
  step("A child's output and this terminal's stdin in one map", 'examples/stdin.ts');
  const begin = performance.now();
  const command = isatty(0) ? LONG : SHORT;
  await run('stdin.ts', ['sh', '-c', command], (line) => tell('watcher', line), 'inherit').ended;
  tell('watcher', 'exited; total time', since(begin));
}
