// A terminal that was made raw is put back at the end of the process, in whatever way it ends.
import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { openpty, ttyname } from '../../lib/tty.ts';
import { Child, type Ending, TSX } from '../support/child.ts';
import { attributes } from '../support/terminal.ts';
import { eventually } from '../support/wait.ts';

const TTY = JSON.stringify(new URL('../../lib/tty.ts', import.meta.url).href);

/** Says that the terminal is raw; then the process ends, or a signal ends it. */
const START = `
const { setRaw, restore } = await import(${TTY});
setRaw(3);
const ready = () => console.log('raw');
const wait = () => setInterval(() => {}, 1000);
`;
/** Waits for a line from outside, so that the terminal can be looked at before the end. */
const THEN = (end: string) => `ready(); process.stdin.once('data', () => { process.stdin.destroy(); ${end} });`;

interface Way {
  readonly name: string;
  readonly program: string;
  readonly ending: Ending;
  readonly signal?: NodeJS.Signals | number;
}

const exit = (name: string, end: string, code: number): Way => ({
  name,
  program: THEN(end),
  ending: { code, signal: null },
});
const killed = (signal: NodeJS.Signals, before = ''): Way => ({
  name: `${signal} ${before}`,
  program: `${before}; wait(); ready();`,
  ending: { code: null, signal },
  signal,
});

const WAYS: readonly Way[] = [
  exit('return', '', 0),
  exit('exit', 'process.exit(3)', 3),
  exit('throw', 'throw new Error("on purpose")', 1),
  exit('rejection', 'Promise.reject(new Error("on purpose"))', 1),
  exit('the descriptor was closed', 'fs.closeSync(3)', 0),
  exit('another file has its number', 'fs.closeSync(3); fs.openSync("/dev/null")', 0),
  { ...exit('abort', 'process.abort()', 0), ending: { code: null, signal: 'SIGABRT' } },
  exit('a handler of its own', "process.on('SIGTERM', () => process.exit(5)); wait(); process.kill(process.pid)", 5),
  ...(['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT', 'SIGUSR2', 'SIGSEGV'] as const).map((signal) => killed(signal)),
  killed('SIGTERM', "const hear = () => {}; process.on('SIGTERM', hear); process.off('SIGTERM', hear)"),
  killed('SIGHUP', 'process.once("SIGHUP", () => process.kill(process.pid, "SIGHUP"))'),
  {
    name: 'in a worker thread that has ended',
    program: `
      const { Worker } = await import('node:worker_threads');
      restore(3);
      const worker = new Worker('import("tsx/esm/api").then((tsx) => { tsx.register(); return import(${TTY}); }).then(({ setRaw }) => setRaw(3));', { eval: true });
      worker.once('exit', () => { wait(); ready(); });
    `,
    ending: { code: null, signal: 'SIGTERM' },
    signal: 'SIGTERM',
  },
];

/** Ends a process in that way: what it ended with, and the terminal's attributes before, meanwhile and after. */
async function end({ program, signal }: Way): Promise<[Ending, before: string, meanwhile: string, after: string]> {
  const [master, slave] = openpty();
  try {
    const before = attributes(slave);
    const source = `import fs from 'node:fs'; ${START} ${program}`;
    // Without memory dumps.
    const command = [
      '-c',
      'ulimit -c 0; exec "$@"',
      'sh',
      process.execPath,
      ...TSX,
      '--input-type=module',
      '-e',
      source,
    ];
    const child = new Child('sh', command, { stdio: ['pipe', 'pipe', 'pipe', slave.fd], timeout: 60_000 });
    await eventually(
      () => child.stdout.includes('raw'),
      () => child.stderr,
      60,
    );
    const meanwhile = attributes(slave);
    if (signal === undefined) child.process.stdin?.end('\n');
    else child.process.kill(signal);
    return [await child.ended, before, meanwhile, attributes(slave)];
  } finally {
    for (const file of [master, slave]) file.close();
  }
}

for (const way of WAYS) {
  test.concurrent(way.name, { timeout: 120_000 }, async ({ expect }) => {
    const [ending, before, meanwhile, after] = await end(way);
    expect(ending).toEqual(way.ending);
    expect(meanwhile).not.toBe(before);
    expect(after).toBe(before);
  });
}

test('what was restored is not touched at the end', { timeout: 120_000 }, async () => {
  const [master, slave] = openpty();
  const path = ttyname(slave);
  const source = `${START} restore(3); ${THEN('')}`;
  const child = new Child(process.execPath, [...TSX, '--input-type=module', '-e', source], {
    stdio: ['pipe', 'pipe', 'pipe', slave.fd],
    timeout: 60_000,
  });
  await eventually(
    () => child.stdout.includes('raw'),
    () => child.stderr,
    60,
  );
  execFileSync('stty', ['-F', path, '-echo']);
  const theirs = attributes(slave);
  child.process.stdin?.end('\n');
  expect((await child.ended).code).toBe(0);
  expect(attributes(slave)).toBe(theirs);
  for (const file of [master, slave]) file.close();
});
