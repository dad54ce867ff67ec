// The examples for devices, standard input and datagrams are run for real, each against something that
// behaves like the device: a pseudo-terminal, a FIFO with records, a list of mounts of one's own.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { AF_UNIX, SOCK_DGRAM, Socket } from '../../lib/socket.ts';
import { Child, TSX } from '../support/child.ts';
import { Program } from '../support/program.ts';
import { eventually } from '../support/wait.ts';

const folder = mkdtempSync(join(tmpdir(), 'device-examples-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A struct input_event. */
function record(type: number, code: number, value: number): Buffer {
  const bytes = Buffer.alloc(24);
  bytes.writeUInt16LE(type, 16);
  bytes.writeUInt16LE(code, 18);
  bytes.writeInt32LE(value, 20);
  return bytes;
}

test('input_events prints keys and movements and leaves out the rest', async () => {
  const fifo = join(folder, 'event0');
  execFileSync('mkfifo', [fifo]);
  const events = new Program('examples/input_events.ts', [fifo]);
  const records = join(folder, 'records');
  writeFileSync(records, Buffer.concat([record(1, 30, 1), record(0, 0, 0), record(2, 1, -5), record(1, 30, 0)]));
  await once(spawn('sh', ['-c', 'cat "$0" > "$1"', records, fifo]), 'close');
  expect(await events.ended).toEqual({ code: 0, signal: null });
  expect(events.lines).toEqual(['key 30 1', 'relative 1 -5', 'key 30 0', 'the device is gone']);
});

test('watch_changes tells of each mount and unmount', async () => {
  const place = join(folder, 'place');
  const script = `mkdir ${place}; exec 3>&1; "$@" & child=$!
    read -r _; mount -t tmpfs some ${place}; read -r _; umount ${place}; read -r _; kill $child`;
  const namespace = process.getuid?.() === 0 ? '-m' : '-rm';
  const watch = new Child('unshare', [
    namespace,
    'sh',
    '-c',
    script,
    'sh',
    process.execPath,
    ...TSX,
    'examples/watch_changes.ts',
  ]);
  const prints = (text: string) =>
    eventually(
      () => watch.stdout.includes(text),
      () => `${text} was not printed: ${watch.stdout}${watch.stderr}`,
      15,
    );
  await prints('watching /proc/self/mounts\n');
  watch.process.stdin?.write('\n');
  await prints(`+ some ${place} tmpfs`);
  watch.process.stdin?.write('\n');
  await prints(`- some ${place} tmpfs`);
  watch.process.stdin?.end('\n');
  await watch.ended;
});

test('unix_datagrams prints messages, and answers senders with a name', async () => {
  const path = join(folder, 'messages');
  const service = new Program('examples/unix_datagrams.ts', [path]);
  await service.prints(/^listening on /m);
  const sender = new Socket(AF_UNIX, SOCK_DGRAM);
  sender.sendto('hello\n', path);
  await service.prints(/^somebody: hello$/m);
  const name = join(folder, 'sender');
  sender.bind(name);
  sender.sendto('again', path);
  await service.prints(new RegExp(`^${name}: again$`, 'm'));
  let answer = '';
  await eventually(
    () => {
      try {
        answer = sender.recv(100).toString();
      } catch {
        // Not there yet.
      }
      return answer !== '';
    },
    () => 'no answer',
  );
  expect(answer).toBe('5 bytes');
  sender.close();
  await service.end();
});

/** What a program that shares the open file may have done: the flag stays when it is gone. */
const SET_FLAG = 'import os, sys; os.set_blocking(0, False); os.execvp(sys.argv[1], sys.argv[1:])';

test('stdin_again gets EAGAIN and then what was typed', async () => {
  const args = ['-c', SET_FLAG, process.execPath, ...TSX, 'examples/stdin_again.ts'];
  const program = new Child('python3', args);
  await eventually(
    () => program.stdout.includes('EAGAIN'),
    () => `no EAGAIN: ${program.stdout}${program.stderr}`,
    15,
  );
  program.process.stdin?.write('typed\n');
  expect(await program.ended).toEqual({ code: 0, signal: null });
  expect(program.stdout).toBe('EAGAIN: nothing to read yet, so wait for it\nread: typed\n');
});

const ANSWERS: [typed: string | undefined, seconds: string, printed: string][] = [
  ['y\n', '15', 'Continue? [y/N] continuing\n'],
  ['no\n', '15', 'Continue? [y/N] stopping\n'],
  [undefined, '0.1', 'Continue? [y/N] (no answer)\nstopping\n'],
];

test.each(ANSWERS)('ask with the answer %j within %s s', async (typed, seconds, printed) => {
  const ask = new Program('examples/ask.ts', [seconds], 'kept');
  if (typed !== undefined) ask.stdin.write(typed);
  expect(await ask.ended).toEqual({ code: 0, signal: null });
  expect(ask.output).toBe(printed);
});
