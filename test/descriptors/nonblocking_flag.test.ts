// O_NONBLOCK of an open file that others share (a terminal, a parent's pipe) is what it was before,
// while channels use the file and after every end of the process; and nothing blocks all the same.
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, openSync, writeSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type ChannelMap, FileDispatcher, FileWrapper } from '../../lib/index.ts';
import { chunks, lines } from '../../lib/promises.ts';
import { type Socket, socketpair } from '../../lib/socket.ts';
import { toDuplex, toReadable, toWritable } from '../../lib/stream.ts';
import { type Ending, runCommand, runProgram } from '../support/child.ts';
import { messageOf, thrownBy } from '../support/failure.ts';
import { isNonBlocking } from '../support/flags.ts';
import { temporaryPath } from '../support/matrix.ts';
import { eventually } from '../support/wait.ts';

const { O_NONBLOCK, O_RDWR } = constants;
const index = JSON.stringify(new URL('../../lib/index.ts', import.meta.url).href);

const map: ChannelMap = new Map();

function openFifo(flags: number): number {
  const path = temporaryPath();
  execFileSync('mkfifo', [path]);
  return openSync(path, flags);
}

describe.each([
  ['cleared', O_RDWR],
  ['set', O_RDWR | O_NONBLOCK],
])('O_NONBLOCK of a shared open file, %s before', (_state, flags) => {
  const before = (flags & O_NONBLOCK) !== 0;
  let fd: number;

  beforeEach(() => {
    fd = openFifo(flags);
  });
  afterEach(() => closeSync(fd));

  test('is what it was while a channel is open, after each of its calls, and after its end', () => {
    const channel = new FileDispatcher(fd, map);
    expect(isNonBlocking(fd), 'open').toBe(before);
    expect(messageOf(thrownBy(() => channel.recv(10)))).toBe('EAGAIN');
    expect(isNonBlocking(fd), 'nothing read').toBe(before);
    const much = Buffer.alloc(1 << 20);
    expect(channel.send(much)).toBeGreaterThan(0);
    expect(channel.send(much)).toBe(0);
    expect(isNonBlocking(fd), 'full').toBe(before);
    expect(channel.recv(10)).toHaveLength(10);
    expect(isNonBlocking(fd), 'read').toBe(before);
    channel.close();
    expect(isNonBlocking(fd), 'closed').toBe(before);
  });

  test('is what it was, however many channels and wrappers share the file', () => {
    const channels = [1, 2, 3].map(() => new FileDispatcher(fd, map));
    const wrapper = new FileWrapper(fd);
    wrapper.setBlocking(false);
    expect(messageOf(thrownBy(() => wrapper.recv(10)))).toBe('EAGAIN');
    for (const channel of channels) channel.close();
    expect(isNonBlocking(fd)).toBe(before);
    wrapper.close();
    expect(isNonBlocking(fd)).toBe(before);
  });

  test('is cleared by setBlocking(true) alone', () => {
    const wrapper = new FileWrapper(fd);
    wrapper.setBlocking(false);
    expect(isNonBlocking(fd)).toBe(before);
    wrapper.setBlocking(true);
    expect(isNonBlocking(fd)).toBe(false);
    wrapper.setBlocking(false);
    expect(isNonBlocking(fd)).toBe(false);
    wrapper.close();
  });

  const ENDS: [how: string, end: string, expected: Ending][] = [
    ['comes to its end', '', { code: 0, signal: null }],
    ['calls process.exit()', 'process.exit(3);', { code: 3, signal: null }],
    ['throws', 'throw new Error("on purpose");', { code: 1, signal: null }],
    ['ends its loop with ExitNow', 'await asyncore.loop({ map, timeout: 0.01 });', { code: 1, signal: null }],
  ];
  for (const signal of ['SIGHUP', 'SIGQUIT', 'SIGTERM', 'SIGKILL']) {
    ENDS.push([`is ended by ${signal}`, `process.kill(process.pid, '${signal}');`, { code: null, signal }]);
  }

  test.each(ENDS)('is what it was in a process that %s', async (_how, end, expected) => {
    writeSync(fd, 'abc');
    const program = `
      import { readFileSync } from 'node:fs';
      const map = new Map();
      class Channel extends asyncore.FileDispatcher { handleWrite() { throw new asyncore.ExitNow('on purpose'); } }
      const channel = new Channel(3, map);
      let input = String(channel.recv(10));
      try { channel.recv(10); } catch (error) { input += ' ' + error.code; }
      const flags = parseInt(/flags:\\s*(\\d+)/.exec(readFileSync('/proc/self/fdinfo/3', 'utf8'))[1], 8);
      console.log(input, (flags & ${O_NONBLOCK}) !== 0);
      ${end}
    `;
    const { stdout, code, signal } = await runProgram(program, { stdio: ['ignore', 'pipe', 'pipe', fd] });
    expect({ stdout, code, signal }).toEqual({ stdout: `abc EAGAIN ${before}\n`, ...expected });
    expect(isNonBlocking(fd)).toBe(before);
  });
});

describe.each([
  ['cleared', false],
  ['set', true],
])('O_NONBLOCK of a shared socket, %s before', (_state, before) => {
  let here: Socket;
  let there: Socket;

  beforeEach(() => {
    [here, there] = socketpair();
    here.setBlocking(!before);
  });
  afterEach(() => {
    for (const each of [here, there]) each.close();
  });

  test.each([chunks, lines])('is what it was in a loop over its number, and after', async (over) => {
    there.send('one\n');
    for await (const _one of over(here.fileno(), { keepOpen: true })) {
      expect(isNonBlocking(here.fileno()), 'open').toBe(before);
      break;
    }
    expect(isNonBlocking(here.fileno()), 'left').toBe(before);
    there.send('two\n');
    expect(here.recv(10).toString()).toBe('two\n');
  });

  test.each([toDuplex, toReadable, toWritable])(
    'is what it was while a stream of its number is open, and after',
    async (make) => {
      const stream = make(here.fileno());
      expect(isNonBlocking(here.fileno()), 'open').toBe(before);
      if ('read' in stream) {
        there.send('one');
        expect(String((await once(stream, 'data'))[0])).toBe('one');
        expect(isNonBlocking(here.fileno()), 'read').toBe(before);
      }
      if ('write' in stream) {
        // More than there is room for.
        stream.write(Buffer.alloc(1 << 22));
        await eventually(() => there.recv(1 << 20).length > 0);
        expect(isNonBlocking(here.fileno()), 'full').toBe(before);
      }
      stream.destroy();
      if (!stream.closed) await once(stream, 'close');
      expect(isNonBlocking(here.fileno()), 'closed').toBe(before);
    },
  );
});

describe('O_NONBLOCK of a terminal', () => {
  test.each(['', 'SIGHUP', 'SIGKILL'])('stays cleared in a program that has it as standard input %s', async (end) => {
    const program = `
      const { FileDispatcher } = await import(${index});
      const channel = new FileDispatcher(0);
      try { channel.recv(10); } catch (error) { process.stdout.write(error.code); }
      ${end && `setTimeout(() => process.kill(process.pid, '${end}'), 10);`}
    `;
    // Python opens the terminal and says what its flag is after the program has ended.
    const terminal = `
import fcntl, os, pty, subprocess, sys
master, slave = pty.openpty()
print(subprocess.run(sys.argv[1:], stdin=slave, capture_output=True, text=True, timeout=10).stdout)
print('nonblocking' if fcntl.fcntl(slave, fcntl.F_GETFL) & os.O_NONBLOCK else 'blocking')
`;
    const node = [process.execPath, '--import', 'tsx', '--input-type=module', '--eval', program];
    const { stdout, stderr } = await runCommand('python3', ['-c', terminal, ...node]);
    expect({ stdout, stderr }).toEqual({ stdout: 'EAGAIN\nblocking\n', stderr: '' });
  });
});
