// The thread that sleeps for an environment, as the system shows it: which signals it takes, when it
// leaves a descriptor, and when it ends.
import { closeSync, readdirSync, readFileSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { select, selectSync } from '../../lib/select.ts';
import { socketpair } from '../../lib/socket.ts';
import { duration } from '../support/time.ts';
import { eventually } from '../support/wait.ts';

const TASKS = '/proc/self/task';

/** What the system says of each of our threads. */
function threads(): string[] {
  return readdirSync(TASKS).flatMap((id) => {
    try {
      return readFileSync(`${TASKS}/${id}/comm`, 'utf8') === 'asyncore\n'
        ? [readFileSync(`${TASKS}/${id}/status`, 'utf8')]
        : [];
    } catch {
      // It has ended meanwhile.
      return [];
    }
  });
}

test('the thread takes no signal', async () => {
  const [sock, peer] = socketpair();
  const waiting = select([sock], [], [], 5);
  await eventually(() => threads().length === 1, 'no thread');
  const blocked = BigInt(`0x${/^SigBlk:\s*(\w+)/m.exec(threads()[0] ?? '')?.[1] ?? '0'}`);
  // SIGKILL and SIGSTOP cannot be blocked; 32 and 33 are the C library's own.
  const free = Array.from({ length: 64 }, (_, i) => i + 1).filter((signal) => !((blocked >> BigInt(signal - 1)) & 1n));
  expect(free.filter((signal) => ![9, 19, 32, 33].includes(signal))).toEqual([]);
  peer.send('x');
  await waiting;
  sock.close();
  peer.close();
});

test('a socket that is detached while the thread waits for it is no longer held', async () => {
  const [sock, peer] = socketpair();
  const waiting = select([sock], [], [], 5).catch(() => 'refused');
  await eventually(() => threads().length === 1, 'no thread');
  // It sleeps in the system call before long.
  await new Promise((resolve) => setTimeout(resolve, 50));
  closeSync(sock.detach());
  // As long as somebody waits on it, the system keeps the socket, and its peer hears of no end.
  expect(await duration(() => selectSync([peer], [], [], 5))).toBeLessThan(0.5);
  expect(await waiting).toBe('refused');
  peer.close();
});

test('a number that somebody else closes while the thread is in select() is no exceptional condition', async () => {
  const [sock, peer] = socketpair();
  const [other, otherPeer] = socketpair();
  const waiting = select([sock, other], [], [sock, other], 5).catch((error) => error.code);
  await eventually(() => threads().length === 1, 'no thread');
  await new Promise((resolve) => setTimeout(resolve, 50));
  const fd = sock.fileno();
  closeSync(fd);
  otherPeer.send('x');
  // The thread sees both, and the number is in use again before we look.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
  const [next, nextPeer] = socketpair();
  expect([next.fileno(), nextPeer.fileno()]).toContain(fd);
  const [readable, , exceptional] = await waiting;
  expect([readable, exceptional]).toEqual([[other], []]);
  for (const each of [peer, other, otherPeer, next, nextPeer]) each.close();
  // It has lost its number.
  expect(() => sock.close()).toThrow('EBADF');
});

test('the end of a worker thread ends its own thread first', async () => {
  await eventually(() => threads().length === 0, 'a thread that stays');
  for (let i = 0; i < 20; i++) {
    const worker = new Worker(
      `const { loop, FileDispatcher, pipe } = require('asyncore');
       new FileDispatcher(pipe()[0]);
       void loop({ timeout: null });
       setTimeout(() => require('node:worker_threads').parentPort.postMessage('waits'), 20);`,
      { eval: true },
    );
    await new Promise((resolve) => worker.once('message', resolve));
    const exit = new Promise((resolve) => worker.once('exit', resolve));
    await worker.terminate();
    await exit;
    expect(threads()).toEqual([]);
  }
});
