// A reactor in each worker thread, and worker.terminate() while one of them is blocked: the process
// lives on and every descriptor is closed.
import { once } from 'node:events';
import { closeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { runCommand } from '../support/child.ts';
import { eventfds, openDescriptors } from '../support/descriptors.ts';
import { BACKENDS } from '../support/matrix.ts';
import { programOf, threadWith } from '../support/thread.ts';
import { duration, within } from '../support/time.ts';
import { eventually } from '../support/wait.ts';

const BLOCKED: [name: string, call: string][] = [
  ['loopSync()', 'asyncore.loopSync({ timeout: null })'],
  ['loopSync() of 30 s', "asyncore.loopSync({ backend: 'poll' })"],
  ['selectSync()', 'selecting.selectSync([sock], [], [], null)'],
  ['pollSync()', 'poller.pollSync(null)'],
];

/** A socket that nothing comes to; its peer is kept, or the collector would close it. */
const QUIET = `
  const [sock, peer] = sockets.socketpair();
  globalThis.kept = peer;
`;

const IDLE = `
  class Idle extends asyncore.Dispatcher { writable() { return false; } }
  ${QUIET}
  new Idle(sock);
  setTimeout(post, 20, 'waiting');
`;

async function gone(before: ReadonlyMap<number, string>): Promise<void> {
  const left = () => [...openDescriptors()].filter(([fd, what]) => before.get(fd) !== what);
  await eventually(
    () => left().length === 0,
    () => `descriptors left open: ${left().join(' ')}`,
  );
}

// A first thread loads what stays loaded.
const first = threadWith("post('ready')");
await once(first, 'exit');

for (const backend of BACKENDS) {
  for (const timeout of ['30', 'null']) {
    test(`terminate() ends a wait of ${timeout} s (${backend})`, async () => {
      const before = openDescriptors();
      const own = eventfds().length;
      for (let i = 0; i < 3; i++) {
        const worker = threadWith(`${IDLE} asyncore.loop({ backend: '${backend}', timeout: ${timeout} });`);
        await within(once(worker, 'message'), 10, 'the thread to wait');
        expect(await duration(() => within(worker.terminate(), 5, 'the thread to end'))).toBeLessThan(1);
      }
      await gone(before);
      expect(eventfds().length, 'eventfds').toBe(own);
    });
  }

  test(`terminate() at any moment, under load, does no harm (${backend})`, async () => {
    const before = openDescriptors();
    for (let i = 0; i < 5; i++) {
      const worker = threadWith(`
        class Echo extends asyncore.DispatcherWithSend { handleRead() { this.send(this.recv(10)); } }
        const channels = sockets.socketpair().map((sock) => new Echo(sock));
        channels[0].send('ball');
        asyncore.loop({ backend: '${backend}' });
        post('started');
      `);
      await within(once(worker, 'message'), 10, 'the thread to start');
      await within(worker.terminate(), 5, 'the thread to end');
    }
    await gone(before);
  });
}

/** A thread that stands still in `call`; it says so just before. */
function blockedIn(call: string): string {
  return `${IDLE}
    const poller = new selecting.Poll();
    poller.register(sock, selecting.POLLIN);
    await new Promise((resolve) => setTimeout(resolve, 30));
    ${call};
    post('over');
  `;
}

for (const [name, call] of BLOCKED) {
  test(`terminate() ends a thread that stands still in ${name}`, async () => {
    const before = openDescriptors();
    const worker = threadWith(blockedIn(call));
    const heard: unknown[] = [];
    worker.on('message', (message) => heard.push(message));
    await within(once(worker, 'message'), 10, 'the thread to wait');
    await sleep(100);
    expect(await duration(() => within(worker.terminate(), 5, 'the thread to end'))).toBeLessThan(1);
    expect(heard).toEqual(['waiting']);
    await gone(before);
  });

  test(`process.exit() ends a process one of whose threads stands still in ${name}`, async () => {
    const program = `
      const { Worker } = require('node:worker_threads');
      const worker = new Worker(${JSON.stringify(programOf(blockedIn(call)))}, { eval: true });
      worker.on('message', (message) => {
        setTimeout(() => {
          console.log(message, Date.now());
          process.exit(3);
        }, 100);
      });
    `;
    const { code, stdout, stderr } = await runCommand(process.execPath, ['--eval', program]);
    expect({ code, stderr }).toEqual({ code: 3, stderr: '' });
    const [message, asked] = stdout.trim().split(' ');
    expect(message).toBe('waiting');
    expect(Date.now() - Number(asked)).toBeLessThan(1000);
  });
}

test('a thread that stands still gets up for what it waits for, and in time', async () => {
  const worker = threadWith(`
    ${IDLE}
    const poller = new selecting.Poll();
    poller.register(sock, selecting.POLLIN);
    const times = [0.02, 0.05, 0.13].map((timeout) => {
      const began = performance.now();
      poller.pollSync(timeout);
      selecting.selectSync([sock], [], [], timeout);
      return (performance.now() - began) / 1000 - 2 * timeout;
    });
    peer.send('x');
    post([times, poller.pollSync(null).length, selecting.selectSync([sock], [], [], null)[0].length]);
  `);
  const heard: unknown[] = [];
  worker.on('message', (message) => heard.push(message));
  await within(once(worker, 'exit'), 10, 'the end');
  const [times, polled, selected] = Array.isArray(heard[0]) ? heard[0] : [];
  expect([polled, selected]).toEqual([1, 1]);
  for (const late of times) {
    expect(late).toBeGreaterThanOrEqual(0);
    expect(late).toBeLessThan(0.5);
  }
});

test('a descriptor that the waiting thread had to open itself is closed with its environment', async () => {
  const before = new Set(eventfds());
  // Its event loop has others: the new one is ours.
  const worker = threadWith(`
    const { readdirSync, readlinkSync } = require('node:fs');
    const isEventFd = (fd) => {
      try { return readlinkSync('/proc/self/fd/' + fd) === 'anon_inode:[eventfd]'; } catch { return false; }
    };
    const eventfds = () => readdirSync('/proc/self/fd').filter(isEventFd).map(Number);
    class Idle extends asyncore.Dispatcher { writable() { return false; } }
    ${QUIET}
    new Idle(sock);
    const others = eventfds();
    asyncore.loop({ timeout: null, wait: 'worker' });
    post(eventfds().filter((fd) => !others.includes(fd)));
  `);
  const [own] = await within(once(worker, 'message'), 10, 'the thread to wait');
  const [last] = own;
  expect(own).toEqual([last]);
  const count = eventfds().length;
  closeSync(last);
  await eventually(() => eventfds().length === count, 'nothing was opened in its place');
  await within(worker.terminate(), 5, 'the thread to end');
  await eventually(
    () => eventfds().every((fd) => before.has(fd)),
    () => `eventfds left open: ${eventfds()}, before: ${[...before]}`,
  );
});

test('process.exit() and an error end a thread whose loop waits', async () => {
  const before = openDescriptors();
  const exiting = threadWith(`${IDLE} asyncore.loop({ timeout: null }); setTimeout(() => process.exit(7), 30);`);
  const [code]: unknown[] = await within(once(exiting, 'exit'), 10, 'the thread to exit');
  expect(code).toBe(7);
  const failing = threadWith(`
    ${IDLE} asyncore.loop({ timeout: null }); setTimeout(() => { throw new Error('on purpose'); }, 30);
  `);
  const ended = once(failing, 'exit').catch(() => undefined);
  const [error]: unknown[] = await within(once(failing, 'error'), 10, 'the error');
  expect(error).toMatchObject({ message: 'on purpose' });
  await ended;
  await gone(before);
});

test('a thread ends by itself when its loop has ended', async () => {
  const before = openDescriptors();
  const worker = threadWith(`
    class Once extends asyncore.Dispatcher { handleWrite() { this.close(); } }
    const [sock, peer] = sockets.socketpair();
    new Once(sock);
    await asyncore.loop();
    peer.close();
    post('done');
  `);
  const exited = once(worker, 'exit');
  await within(once(worker, 'message'), 10, 'the loop to end');
  await within(exited, 5, 'the thread to end');
  await gone(before);
});

test('loops in several threads do not hear each other', async () => {
  const workers = Array.from({ length: 3 }, () =>
    threadWith(`
      let turns = 0;
      class Echo extends asyncore.DispatcherWithSend {
        handleRead() {
          this.send(this.recv(10));
          if (++turns === 200) asyncore.closeAll();
        }
      }
      const channels = sockets.socketpair().map((sock) => new Echo(sock));
      channels[0].send('ball');
      await asyncore.loop();
      post(turns);
    `),
  );
  const turns = await within(Promise.all(workers.map(async (worker) => once(worker, 'message'))), 15, 'the threads');
  expect(turns).toEqual([[200], [200], [200]]);
  await Promise.all(workers.map((worker) => worker.terminate()));
});
