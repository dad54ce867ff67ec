// asyncore/linux on a system that is not Linux: it can be imported, and every call says ENOTSUP.
import { expect, test } from 'vitest';
import { ROOT, runCommand, TSX } from '../support/child.ts';

test('importing works, and constructing says in one sentence that there is none', { timeout: 120_000 }, async () => {
  const source = `
    Object.defineProperty(process, 'platform', { value: 'darwin' });
    const linux = await import('./lib/linux.ts');
    const calls = [
      () => new linux.EventFd(), () => new linux.TimerFd(), () => new linux.SignalFd(['SIGHUP']),
      () => new linux.Inotify(), () => new linux.PidFd(process.pid), () => new linux.EventFdDispatcher(),
    ];
    for (const call of calls) {
      try { call(); } catch ({ code, message }) { console.log(code, message); }
    }
  `;
  const args = [...TSX, '--input-type=module', '-e', source];
  const { stdout, stderr } = await runCommand(process.execPath, args, { cwd: ROOT }, 60);
  const line = (name: string) => `ENOTSUP ${name} is a descriptor of Linux, and this system (darwin) has none.`;
  const names = ['EventFd', 'TimerFd', 'SignalFd', 'Inotify', 'PidFd', 'EventFd'];
  expect(stdout.trim().split('\n'), stderr).toEqual(names.map(line));
});
