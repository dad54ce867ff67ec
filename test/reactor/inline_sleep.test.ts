// loop({ wait: 'inline' }): the JavaScript thread itself sleeps in select() or poll(), and all that
// Node waits for ends that sleep as it would end Node's own.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type ChannelMap, loop } from '../../lib/index.ts';
import { type Socket, socketpair } from '../../lib/socket.ts';
import { runCommand, TSX } from '../support/child.ts';
import { Idle } from '../support/idle.ts';
import { BACKENDS } from '../support/matrix.ts';
import { threadWith } from '../support/thread.ts';
import { best, duration } from '../support/time.ts';

/** Seconds. A sleep that nothing ends lasts a second before the thread looks around. */
const SOON = 0.9;

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

const PROGRAM = new URL('../programs/inline_sleep.ts', import.meta.url).pathname;

test.each(BACKENDS)(
  'all that Node waits for ends the sleep (%s)',
  async (backend) => {
    const { stdout, stderr } = await runCommand(process.execPath, [...TSX, PROGRAM, backend], {}, 60);
    expect(stderr).toBe('');
    const seconds: Record<string, number> = JSON.parse(stdout);
    expect(Object.keys(seconds)).toHaveLength(14);
    expect(Object.entries(seconds).filter(([, taken]) => taken >= SOON)).toEqual([]);
  },
  60_000,
);

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
