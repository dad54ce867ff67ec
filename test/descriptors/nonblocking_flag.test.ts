// O_NONBLOCK on an open file that others share (a terminal, a parent's pipe): FileDispatcher sets
// it and puts it back, when it closes and when the process ends.
import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type ChannelMap, FileDispatcher, FileWrapper } from '../../lib/index.ts';
import { runCommand, runProgram } from '../support/child.ts';
import { isNonBlocking } from '../support/flags.ts';
import { temporaryPath } from '../support/matrix.ts';

let fd: number;
const map: ChannelMap = new Map();

beforeEach(() => {
  const path = temporaryPath();
  execFileSync('mkfifo', [path]);
  fd = openSync(path, constants.O_RDWR);
});
afterEach(() => closeSync(fd));

describe('O_NONBLOCK of a shared open file', () => {
  test('is set as long as the channel is open', () => {
    const channel = new FileDispatcher(fd, map);
    expect(isNonBlocking(fd)).toBe(true);
    channel.close();
    expect(isNonBlocking(fd)).toBe(false);
  });

  test('stays if it was set before', () => {
    const path = temporaryPath();
    execFileSync('mkfifo', [path]);
    const other = openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
    new FileDispatcher(other, map).close();
    expect(isNonBlocking(other)).toBe(true);
    closeSync(other);
  });

  test('is cleared by the last of several channels on one file, in whatever order they close', () => {
    for (const order of [
      [0, 1, 2],
      [2, 1, 0],
      [1, 0, 2],
    ]) {
      const channels = [1, 2, 3].map(() => new FileDispatcher(fd, map));
      for (const [closed, index] of order.entries()) {
        expect(isNonBlocking(fd), `${closed} of ${order} closed`).toBe(true);
        channels[index]?.close();
      }
      expect(isNonBlocking(fd), `all of ${order} closed`).toBe(false);
    }
  });

  test('is cleared although a plain wrapper of the file is still open', () => {
    const wrapper = new FileWrapper(fd);
    const channel = new FileDispatcher(fd, map);
    channel.close();
    expect(isNonBlocking(fd)).toBe(false);
    wrapper.close();
  });

  test('is not touched by a wrapper that was not asked to', () => {
    const wrapper = new FileWrapper(fd);
    expect(isNonBlocking(fd)).toBe(false);
    wrapper.setBlocking(false);
    expect(isNonBlocking(fd)).toBe(true);
    wrapper.setBlocking(true);
    expect(isNonBlocking(fd)).toBe(false);
    wrapper.close();
  });

  test.each([
    ['comes to its end', ''],
    ['calls process.exit()', 'process.exit(3);'],
    ['throws', 'throw new Error("on purpose");'],
    ['ends its loop with ExitNow', 'await asyncore.loop({ map, timeout: 0.01 });'],
  ])('is put back when the process %s', async (_how, end) => {
    const program = `
      import { readFileSync } from 'node:fs';
      const map = new Map();
      class Channel extends asyncore.FileDispatcher { handleWrite() { throw new asyncore.ExitNow('on purpose'); } }
      new Channel(3, map);
      console.log(/flags:\\s*(\\d+)/.exec(readFileSync('/proc/self/fdinfo/3', 'utf8'))[1]);
      ${end}
    `;
    const { stdout, signal } = await runProgram(program, { stdio: ['ignore', 'pipe', 'pipe', fd] });
    expect(signal).toBe(null);
    expect(Number.parseInt(stdout, 8) & constants.O_NONBLOCK, 'set in the program').not.toBe(0);
    expect(isNonBlocking(fd)).toBe(false);
  });

  test('is put back on a terminal that a program had as its standard input', async () => {
    const program = `
      const { FileDispatcher } = await import(${JSON.stringify(new URL('../../lib/index.ts', import.meta.url).href)});
      new FileDispatcher(0);
      console.log('opened');
    `;
    // Python opens the terminal and says what its flag is after the program has ended.
    const terminal = `
import fcntl, os, pty, subprocess, sys
master, slave = pty.openpty()
print(subprocess.run(sys.argv[1:], stdin=slave, capture_output=True, text=True, timeout=10).stdout.strip())
print('nonblocking' if fcntl.fcntl(slave, fcntl.F_GETFL) & os.O_NONBLOCK else 'blocking')
`;
    const node = [process.execPath, '--import', 'tsx', '--input-type=module', '--eval', program];
    const { stdout, stderr } = await runCommand('python3', ['-c', terminal, ...node]);
    expect(stderr).toBe('');
    expect(stdout).toBe('opened\nblocking\n');
  });
});
