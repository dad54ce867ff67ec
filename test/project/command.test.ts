// The command `asyncore`, run for real: what it says of itself, what it refuses in one line, and its
// subcommands. Built, it is the same program.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Child, runCommand, TSX } from '../support/child.ts';
import { temporaryPath } from '../support/matrix.ts';
import { Client, Program } from '../support/program.ts';
import { eventually } from '../support/wait.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const SOURCE = 'bin/asyncore.ts';
const { version, bin }: { version: string; bin: { asyncore: string } } = JSON.parse(
  readFileSync(resolve(ROOT, 'package.json'), 'utf8'),
);

test('--help lists the subcommands, and each explains itself with an example', async () => {
  const help = new Program(SOURCE, ['--help']);
  expect(await help.ended).toEqual({ code: 0, signal: null });
  const names = [...help.output.matchAll(/^ {2}asyncore (\w+)/gm)].map(([, name = '']) => name);
  expect(names).toEqual(['tail', 'forward', 'top']);
  for (const name of names) {
    const one = new Program(SOURCE, [name, '--help']);
    expect(await one.ended).toEqual({ code: 0, signal: null });
    expect(one.output).toMatch(new RegExp(`^Usage: asyncore ${name} `));
    expect(one.output).toContain(`npx asyncore ${name} `);
  }
}, 60_000);

const WRONG: [args: string[], code: number, line: string][] = [
  [[], 2, 'asyncore: which command? (try asyncore --help)'],
  [['top up'], 2, "asyncore: no command 'top up' (try asyncore --help)"],
  [['constructor'], 2, "asyncore: no command 'constructor' (try asyncore --help)"],
  [['--fast'], 2, "asyncore: Unknown option '--fast' (try asyncore --help)"],
  [['tail'], 2, 'asyncore tail: expects tail FIFO... (try asyncore tail --help)'],
  [['tail', '-n'], 2, "asyncore tail: Unknown option '-n' (try asyncore tail --help)"],
  [['forward', '1'], 2, 'asyncore forward: expects forward LISTEN TARGET (try asyncore forward --help)'],
  [['top', '1'], 2, 'asyncore top: expects top LISTEN TARGET (try asyncore top --help)'],
  [['tail', '/nowhere'], 1, "asyncore tail: ENOENT: no such file or directory, open '/nowhere'"],
  [['forward', '0', 'here'], 1, "asyncore forward: 'here' is not HOST:PORT, a port or a path"],
  [['forward', '192.0.2.1:80', '80'], 1, 'asyncore forward: bind EADDRNOTAVAIL 192.0.2.1:80'],
];

describe('a mistake is one line', () => {
  test.each(WRONG)('%j', async (args, code, line) => {
    const program = new Program(SOURCE, args);
    expect(await program.ended).toEqual({ code, signal: null });
    expect(program.output).toBe(`${line}\n`);
  });
});

test('built, it runs as it is', async () => {
  const { stdout, code } = await runCommand(process.execPath, [resolve(ROOT, bin.asyncore), '--version']);
  expect(stdout).toBe(`${version}\n`);
  expect(code).toBe(0);
  expect(readFileSync(resolve(ROOT, bin.asyncore), 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/);
});

test('tail follows two FIFOs, and ends quietly when its reader leaves', async () => {
  const fifos = [temporaryPath(), temporaryPath()];
  execFileSync('mkfifo', fifos);
  const tail = new Program(SOURCE, ['tail', ...fifos]);
  for (const fifo of fifos) {
    await once(spawn('sh', ['-c', 'echo "hello" > "$1"', 'sh', fifo]), 'close');
    await tail.prints(new RegExp(`^${fifo}: hello$`, 'm'));
  }
  tail.process.stdout?.destroy();
  await once(spawn('sh', ['-c', 'echo "nobody hears this" > "$1"', 'sh', fifos[0] ?? '']), 'close');
  expect(await tail.ended).toEqual({ code: 0, signal: null });
  expect(tail.stderr).toBe('');
});

/** Runs a command as root that may not write where nobody may (PR_CAPBSET_DROP, CAP_DAC_OVERRIDE). */
const OBEDIENT =
  'import ctypes, os, sys; ctypes.CDLL(None).prctl(24, 1, 0, 0, 0); os.execvp(sys.argv[1], sys.argv[1:])';

test.runIf(process.getuid?.() === 0)(
  'tail follows a FIFO that it may only read, past the end of each writer',
  async () => {
    const fifo = temporaryPath();
    execFileSync('mkfifo', [fifo]);
    chmodSync(fifo, 0o444);
    const tail = new Child('python3', ['-c', OBEDIENT, process.execPath, ...TSX, SOURCE, 'tail', fifo]);
    const written = [
      ['one\ntw', 'one'],
      ['o\n', 'two'],
      ['three\n', 'three'],
    ] as const;
    for (const [text, line] of written) {
      await once(spawn('sh', ['-c', 'printf "$2" > "$1"', 'sh', fifo, text]), 'close');
      await eventually(
        () => tail.stdout.includes(line) || tail.stderr !== '',
        () => `not printed: ${line}`,
        60,
      );
    }
    expect(tail.stdout + tail.stderr).toBe(written.map(([, line]) => `${fifo}: ${line}\n`).join(''));
    tail.process.kill('SIGKILL');
    await tail.ended;
  },
);

test('tail and --help say that what they print cannot be written, and fail', async () => {
  const fifo = temporaryPath();
  execFileSync('mkfifo', [fifo]);
  const full = openSync('/dev/full', 'w');
  for (const args of [
    ['tail', fifo],
    ['tail', '--help'],
  ]) {
    const program = new Child(process.execPath, [...TSX, SOURCE, ...args], { stdio: ['ignore', full, 'pipe'] });
    if (args[1] === fifo) await once(spawn('sh', ['-c', 'echo "hello" > "$1"', 'sh', fifo]), 'close');
    expect(await program.ended).toEqual({ code: 1, signal: null });
    expect(program.stderr).toMatch(/^asyncore tail: standard output: ENOSPC: .*\n$/);
  }
  closeSync(full);
});

test('forward carries bytes to a TCP port and to the path of a UNIX socket', async () => {
  const echo = createServer((socket) => socket.pipe(socket));
  const path = temporaryPath();
  echo.listen(path);
  await once(echo, 'listening');
  const inner = new Program(SOURCE, ['forward', '0', path]);
  const outer = new Program(SOURCE, ['forward', '127.0.0.1:0', `127.0.0.1:${await inner.port()}`]);
  const client = new Client(await outer.port());
  client.socket.write('there and back');
  await client.receives('there and back');
  await client.close();
  for (const program of [inner, outer]) await program.end();
  echo.close();
  await once(echo, 'close');
});

test('forward takes the path that one has left which was ended by a signal, and not that of one that lives', async () => {
  const echo = createServer((socket) => socket.pipe(socket));
  const [path, target] = [temporaryPath(), temporaryPath()];
  echo.listen(target);
  await once(echo, 'listening');
  const start = () => new Program(SOURCE, ['forward', path, target]);
  const gone = start();
  await gone.prints(/^listening on /m);
  expect(await gone.end('SIGINT')).toEqual({ code: null, signal: 'SIGINT' });
  expect(existsSync(path)).toBe(true);
  const living = start();
  await living.prints(/^listening on /m);
  const late = start();
  expect(await late.ended).toEqual({ code: 1, signal: null });
  expect(late.output).toBe(`asyncore forward: bind EADDRINUSE ${path}\n`);
  const client = new Client(path);
  client.socket.write('there and back');
  await client.receives('there and back');
  await client.close();
  await living.end();
  echo.close();
  await once(echo, 'close');
});

test('forward writes 10 lines in a second about a target that is down, and then how many were left out', async () => {
  const MANY = 300;
  const program = new Program(SOURCE, ['forward', '0', temporaryPath()]);
  const port = await program.port();
  const began = performance.now();
  await Promise.all(Array.from({ length: MANY }, () => new Client(port).closed));
  const seconds = Math.ceil((performance.now() - began) / 1000);
  const written = () => program.stderr.match(/ENOENT/g)?.length ?? 0;
  const leftOut = () =>
    [...program.stderr.matchAll(/(\d+) more were left out/g)].reduce((sum, [, n]) => sum + Number(n), 0);
  await eventually(
    () => written() + leftOut() === MANY,
    () => program.stderr,
    15,
  );
  expect(written()).toBeLessThanOrEqual(10 * (seconds + 1));
  expect(program.stderr.split('\n')[0]).toMatch(
    /^uncaptured exception, closing channel <Side .*> \(.*connect ENOENT .*\)$/,
  );
  await program.end();
}, 60_000);

test.each([100, 101])(
  'forward goes on when it had no more than %d descriptors',
  async (limit) => {
    const echo = createServer((socket) => socket.pipe(socket));
    const path = temporaryPath();
    echo.listen(path);
    await once(echo, 'listening');
    const program = new Program(SOURCE, ['forward', '0', path]);
    const port = await program.port();
    const limiting =
      'import resource, sys; resource.prlimit(int(sys.argv[1]), resource.RLIMIT_NOFILE, (int(sys.argv[2]),) * 2)';
    await runCommand('python3', ['-c', limiting, String(program.process.pid), String(limit)]);
    // Two descriptors each: one of the two limits is met between them.
    const clients = Array.from({ length: 60 }, () => new Client(port));
    await program.prints(/EMFILE/);
    for (const client of clients) await client.close();
    const late = new Client(port);
    late.socket.write('there and back');
    await late.receives('there and back');
    await late.close();
    await program.end();
    echo.close();
    await once(echo, 'close');
  },
  60_000,
);

test('top forwards, and shows the connections with their bytes', async () => {
  const echo = createServer((socket) => socket.pipe(socket));
  const path = temporaryPath();
  echo.listen(path);
  await once(echo, 'listening');
  const top = new Program(SOURCE, ['top', '0', path]);
  const client = new Client(await top.port());
  client.socket.write('there and back');
  await client.receives('there and back');
  await top.prints(/^\d+ s, 3 channels; in a second:$/m);
  await top.prints(/ 14 B +14 B +\d+\.\d{3} ms {2}<Side connected 127\.0\.0\.1:\d+ fd=\d+>$/m);
  await top.prints(/^ +\d+\.\d{3} ms +\w+ {2}<(Side|Server) .*>$/m);
  await client.close();
  await top.end();
  echo.close();
  await once(echo, 'close');
});
