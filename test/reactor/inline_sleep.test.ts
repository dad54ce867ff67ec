// loop({ wait: 'inline' }): the JavaScript thread itself sleeps in select() or poll(), and all that
// Node waits for ends that sleep as it would end Node's own.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { setImmediate as immediate, setTimeout as sleep } from 'node:timers/promises';
import { MessageChannel, Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type ChannelMap, Dispatcher, loop } from '../../lib/index.ts';
import { select } from '../../lib/select.ts';
import { type Socket, socketpair } from '../../lib/socket.ts';
import { BACKENDS } from '../support/matrix.ts';
import { threadWith } from '../support/thread.ts';
import { best, duration } from '../support/time.ts';

/** Seconds. A sleep that nothing ends lasts a second before the thread looks around. */
const SOON = 0.9;

class Idle extends Dispatcher {
  #read = () => {};

  override writable(): boolean {
    return false;
  }

  override handleRead(): void {
    this.recv(64);
    this.#read();
  }

  /** Waits until it reads, without a timer, which would end the sleep. */
  reads(): Promise<void> {
    return new Promise((resolve) => {
      this.#read = resolve;
    });
  }
}

/** The threads of ours that sleep for others. */
function waiters(): string[] {
  return readdirSync('/proc/self/task').filter((id) => {
    try {
      return readFileSync(`/proc/self/task/${id}/comm`, 'utf8') === 'asyncore\n';
    } catch {
      return false;
    }
  });
}

/** Tells, from another thread, in which system calls this process's main thread sleeps. */
const observer = `
  const { parentPort } = require('node:worker_threads');
  const fs = require('node:fs');
  parentPort.on('message', () => {
    const pause = new Int32Array(new SharedArrayBuffer(4));
    const seen = new Set();
    for (let i = 0; i < 40; i++) {
      Atomics.wait(pause, 0, 0, 5);
      seen.add(fs.readFileSync('/proc/self/task/' + process.pid + '/wchan', 'utf8'));
    }
    parentPort.postMessage([...seen]);
  });
`;

describe.each(BACKENDS)('with %s', (backend) => {
  let map: ChannelMap;
  let channel: Idle;
  let peer: Socket;
  let running: Promise<void>;

  beforeEach(() => {
    map = new Map();
    const [ours, theirs] = socketpair();
    channel = new Idle(ours, map);
    peer = theirs;
    running = loop({ backend, map, wait: 'inline', timeout: 30 });
  });

  afterEach(async () => {
    channel.close();
    peer.close();
    await running;
  });

  const BUSINESS: [name: string, done: () => Promise<unknown>][] = [
    ['a timer', () => sleep(1)],
    ['an immediate', () => immediate()],
    ['a read of a file', () => readFile(import.meta.filename)],
    ['a read of a file that a timer began', () => sleep(1).then(() => readFile(import.meta.filename))],
    ['a connection that a timer began', () => sleep(1).then(connection)],
    ['a connection that an immediate began', () => immediate().then(connection)],
    ['a signal', signal],
    ['the end of a child process', () => once(spawn('true', { stdio: 'ignore' }), 'exit')],
    ['a message from another thread', message],
    ['the inspector', inspector],
    ['a channel of the loop', () => Promise.all([channel.reads(), peer.send('x')])],
  ];

  test('the process sleeps in the system call and has no thread for it', async () => {
    const worker = new Worker(observer, { eval: true });
    await once(worker, 'online');
    worker.postMessage('look');
    const [seen] = await once(worker, 'message');
    expect(seen.join()).toMatch(/select|poll_schedule_timeout/);
    expect(seen.join()).not.toMatch(/ep_poll/);
    await worker.terminate();
    expect(waiters()).toEqual([]);
  });

  for (const [name, done] of BUSINESS) {
    test(`${name} ends the sleep`, async () => {
      const fromSleep = () => sleep(5).then(done);
      expect(await best(SOON, () => duration(fromSleep))).toBeLessThan(SOON);
    });
  }

  test('what comes after more than a second of silence is heard at once', async () => {
    // The end of the child would wake libuv.
    const child = spawn('sh', ['-c', 'sleep 1.3; echo x; sleep 6'], { stdio: ['ignore', peer.fileno(), 'ignore'] });
    expect(await duration(() => channel.reads())).toBeLessThan(4);
    child.kill();
    await once(child, 'exit');
  });

  test('a worker thread that sleeps so hears messages and can be terminated', async () => {
    const worker = threadWith(`
      class Idle extends asyncore.Dispatcher { writable() { return false; } }
      const [sock, peer] = sockets.socketpair();
      new Idle(sock);
      parentPort.on('message', post);
      asyncore.loop({ wait: 'inline', backend: '${backend}' });
      post('ready');
    `);
    await once(worker, 'message');
    await sleep(20);
    const answered = async () => {
      worker.postMessage('?');
      await once(worker, 'message');
    };
    expect(await best(SOON, () => duration(answered))).toBeLessThan(SOON);
    expect(await duration(() => worker.terminate())).toBeLessThan(1);
  });
});

test.each(BACKENDS)(
  'a time-out is kept, and what a predicate defers is heard of before the sleep (%s)',
  async (backend) => {
    const own: ChannelMap = new Map();
    const [ours, theirs] = socketpair();
    let asked = 0;
    let isReady = false;
    class Deferring extends Idle {
      override writable(): boolean {
        asked++;
        void Promise.resolve().then(() => {
          isReady = true;
        });
        return isReady;
      }

      override handleWrite(): void {
        isReady = false;
        this.close();
      }
    }
    new Deferring(ours, own);
    expect(await duration(() => loop({ backend, map: own, wait: 'inline', timeout: 30 }))).toBeLessThan(SOON);
    expect(asked).toBeGreaterThan(1);
    theirs.close();

    const [quiet, quietPeer] = socketpair();
    const waiting: ChannelMap = new Map();
    const last = new Idle(quiet, waiting);
    expect(
      await duration(() => loop({ backend, map: waiting, wait: 'inline', timeout: 0.2, count: 1 })),
    ).toBeGreaterThan(0.199);
    last.close();
    quietPeer.close();
  },
);

// The waits of these need a thread, which stays while a loop runs.
test.each(BACKENDS)('of two loops at once, both are served (%s)', async (backend) => {
  const pairs = [socketpair(), socketpair()];
  const maps: ChannelMap[] = pairs.map(() => new Map());
  const channels = pairs.map(([ours], index) => new Idle(ours, maps[index]));
  const ends = maps.map((map) => loop({ backend, map, wait: 'inline', timeout: 30 }));
  for (const [index, [, theirs]] of pairs.entries()) {
    const served = () => Promise.all([channels[index]?.reads(), theirs.send('x')]);
    expect(await best(SOON, () => duration(served)), `loop ${index}`).toBeLessThan(SOON);
  }
  for (const channel of channels) channel.close();
  for (const [, theirs] of pairs) theirs.close();
  await Promise.all(ends);
});

test('a wait of another kind ends the sleep, by its thread', async () => {
  const map: ChannelMap = new Map();
  const [ours, theirs] = socketpair();
  const channel = new Idle(ours, map);
  const end = loop({ map, wait: 'inline', timeout: 30 });
  expect(await best(SOON, () => duration(other))).toBeLessThan(SOON);
  channel.close();
  theirs.close();
  await end;
});

/** A connection of Node's own, there and back. */
async function connection(): Promise<void> {
  const server = createServer((socket) => socket.end('x')).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const { connect } = await import('node:net');
  const socket = connect(address.port, '127.0.0.1').resume();
  await once(socket, 'close');
  server.close();
  await once(server, 'close');
}

async function signal(): Promise<void> {
  const heard = once(process, 'SIGUSR2');
  spawn('kill', ['-USR2', String(process.pid)], { stdio: 'ignore' });
  await heard;
}

async function message(): Promise<void> {
  const { port1, port2 } = new MessageChannel();
  const worker = new Worker("require('node:worker_threads').workerData.postMessage('x')", {
    eval: true,
    workerData: port2,
    transferList: [port2],
  });
  await once(port1, 'message');
  port1.close();
  await worker.terminate();
}

/** Another thread debugs this one. */
async function inspector(): Promise<void> {
  const worker = new Worker(
    `
      const { Session } = require('node:inspector/promises');
      const { parentPort } = require('node:worker_threads');
      const session = new Session();
      session.connectToMainThread();
      session.post('Runtime.evaluate', { expression: '6 * 7' }).then(({ result }) => parentPort.postMessage(result.value));
    `,
    { eval: true },
  );
  const [answer] = await once(worker, 'message');
  await worker.terminate();
  if (answer !== 42) throw new Error(`the inspector says ${answer}`);
}

async function other(): Promise<void> {
  const [a, b] = socketpair();
  const waiting = select([a], [], [], 5);
  b.send('x');
  await waiting;
  a.close();
  b.close();
}
