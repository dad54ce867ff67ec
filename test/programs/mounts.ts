// Waits for changes of the mounts in a mount namespace of its own, in every way in which one can
// wait. The system tells of each change once, to the first who asks.
import { execFileSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import {
  type ChannelMap,
  closeAll,
  Dispatcher,
  ExitNow,
  type LoopOptions,
  loop,
  loopSync,
  poll,
  poll2,
} from '../../lib/index.ts';
import { POLLERR, POLLPRI, Poll, select } from '../../lib/select.ts';
import { type Socket, socketpair } from '../../lib/socket.ts';
import { Watcher } from '../support/watcher.ts';

const fd = openSync('/proc/self/mounts', 'r');
const poller = new Poll();
poller.register(fd, POLLPRI);
const map: ChannelMap = new Map();

/** Closes when it was told. That handleClose() is called before, or although it was told of a change only, is wrong. */
class Once extends Watcher {
  override handleExpt() {
    super.handleExpt();
    // Only then: with poll(2), an error comes with it, which is no end.
    setImmediate(() => this.close());
  }
}

class Idle extends Dispatcher {
  constructor(sock: Socket) {
    super(sock, map);
  }
  override writable() {
    return false;
  }
}

async function looping(wait: () => Promise<void>): Promise<boolean> {
  const watcher = new Once(fd, map);
  await wait();
  closeAll(map);
  return watcher.told === 1 && watcher.closes === 0;
}

/** Leaves the loop in the middle of the pass in which it was told; the other one is told in the next. */
class Leaver extends Watcher {
  override handleExpt() {
    super.handleExpt();
    throw new ExitNow();
  }
}

async function leaving(options: LoopOptions): Promise<boolean> {
  const other = openSync('/proc/self/mounts', 'r');
  const first = new Leaver(other, map);
  const second = new Watcher(fd, map);
  const signal = AbortSignal.timeout(5000);
  const left = await loop({ ...options, map, signal, timeout: null }).catch(
    (error: unknown) => error instanceof ExitNow,
  );
  const before = second.told;
  if (options.count === 1) loopSync({ ...options, map, timeout: 5 });
  else await loop({ ...options, map, signal, timeout: 1, count: 1 });
  const [firstTold, secondTold] = [first.told, second.told];
  await poll(0, map);
  const isOnce = first.told === firstTold && second.told === secondTold;
  closeAll(map);
  closeSync(other);
  return left === true && isOnce && [firstTold, before, secondTold].join() === '1,0,1';
}

/** Its handleRead() fails in the pass in which it is told; a file is always readable. */
class Failing extends Once {
  failed = 0;
  override readable() {
    return this.failed === 0;
  }
  override handleRead() {
    this.failed++;
    throw new Error('failed');
  }
  override handleError() {}
}

/** It looks for the first time when there is something to tell. */
async function failing(): Promise<boolean> {
  await new Promise((resolve) => setTimeout(resolve, 100));
  const channel = new Failing(fd, map);
  await loop({ map, backend: 'poll', timeout: 1, count: 2 });
  closeAll(map);
  return channel.failed === 1 && channel.told === 1;
}

const ways: Record<string, () => Promise<boolean>> = {
  'Poll.poll()': async () => {
    const [[, events = 0] = []] = await poller.poll(5);
    return events === (POLLPRI | POLLERR);
  },
  'select()': async () => (await select([], [], [fd], 5))[2][0] === fd,
  'select() beside another wait': async () => {
    const other = select([], [], [], 0.5);
    await new Promise((resolve) => setTimeout(resolve, 10));
    const [, , exceptional] = await select([], [], [fd], 5);
    await other;
    return exceptional[0] === fd;
  },
  'poll()': () => looping(() => poll(5, map)),
  'loop()': () => looping(() => loop({ map, signal: AbortSignal.timeout(5000) })),
  'poll2()': () => looping(() => poll2(5, map)),
  'loop() with poll': () => looping(() => loop({ map, backend: 'poll', signal: AbortSignal.timeout(5000) })),
  'loop() inline': () => looping(() => loop({ map, wait: 'inline', signal: AbortSignal.timeout(5000) })),
  'loop() inline with poll': () =>
    looping(() => loop({ map, wait: 'inline', backend: 'poll', signal: AbortSignal.timeout(5000) })),
  'loop() after one that was left': () => leaving({}),
  'loop() after one that was left, with poll': () => leaving({ backend: 'poll' }),
  'loop() inline after one that was left': () => leaving({ wait: 'inline' }),
  'loopSync() after one that was left': () => leaving({ backend: 'poll', count: 1 }),
  'loop() with poll, whose other handler fails': failing,
  'loop() that parks': async () => {
    const idle = Array.from({ length: 100 }, () => socketpair()).flat();
    for (const sock of idle) new Idle(sock);
    return looping(() => loop({ map, timeout: 0.01, signal: AbortSignal.timeout(5000) }).catch(() => {}));
  },
};
for (const [name, way] of Object.entries(ways)) {
  // What happened before is told now.
  poller.pollSync(0);
  setTimeout(() => execFileSync('mount', ['-t', 'tmpfs', 'none', '/mnt']), 50);
  console.log(`${name}: ${await way()}`);
}
closeSync(fd);
