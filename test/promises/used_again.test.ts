// A wait for a number that somebody already waits for, whose file was another one: it is heard, also where
// the many idle ones are parked.
import { setMaxListeners } from 'node:events';
import { closeSync, constants, openSync, writeSync } from 'node:fs';
import { expect, onTestFinished, test, vi } from 'vitest';
import { sockRecv, waitReadable } from '../../lib/promises.ts';
import { type Socket, socketpair } from '../../lib/socket.ts';
import { runCommand } from '../support/child.ts';
import { entered, epolls } from '../support/descriptors.ts';
import { temporaryPath } from '../support/matrix.ts';

// What is parked here is parked whatever the environment says of the other tests.
vi.hoisted(() => delete process.env['ASYNCORE_PARK_FROM']);

function pair(): [Socket, Socket] {
  const both = socketpair();
  onTestFinished(() => {
    for (const sock of both) sock.close();
  });
  return both;
}

/** Begins to wait for so many sockets that those which follow are parked while they are idle. */
function crowd(): void {
  const end = new AbortController();
  setMaxListeners(0, end.signal);
  const waits = Array.from({ length: 70 }, () => waitReadable(pair()[0], { signal: end.signal }));
  onTestFinished(async () => {
    end.abort();
    await Promise.allSettled(waits);
  });
}

/** Looks often until `fd` is parked. */
async function parked(fd: number): Promise<void> {
  const [busy, peer] = pair();
  while (!epolls().some((epoll) => entered(epoll).includes(fd))) {
    const received = sockRecv(busy, 1);
    await new Promise(setImmediate);
    peer.send('x');
    await received;
  }
}

test('the number of a socket that was closed while somebody waited for it', async () => {
  crowd();
  const [old] = pair();
  const fd = old.fileno();
  const waiting = sockRecv(old, 10);
  const refused = expect(waiting).rejects.toMatchObject({ code: 'EBADF' });
  await parked(fd);
  old.close();
  const [next, peer] = pair();
  expect(next.fileno()).toBe(fd);
  const received = sockRecv(next, 10, { timeout: 10 });
  peer.send('hello');
  expect((await received).toString()).toBe('hello');
  await refused;
});

test('the number of a file that somebody else closed while it was waited for', async () => {
  const paths = [temporaryPath(), temporaryPath()];
  for (const path of paths) await runCommand('mkfifo', [path]);
  const [first = '', second = ''] = paths;
  const open = (path: string) => openSync(path, constants.O_RDWR | constants.O_NONBLOCK);
  crowd();
  const fd = open(first);
  const waiting = waitReadable(fd);
  await parked(fd);
  closeSync(fd);
  expect(open(second)).toBe(fd);
  const ready = waitReadable(fd, { timeout: 10 });
  writeSync(fd, 'hello');
  await ready;
  // A number is all that this one knows.
  await waiting;
  closeSync(fd);
});
