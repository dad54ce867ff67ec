// wakeup(): other threads have a loop take a pass at once, and leave nothing behind. And sockets whose
// descriptors are handed to another thread.
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { BroadcastChannel, MessageChannel, Worker } from 'node:worker_threads';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { type ChannelMap, Dispatcher, loop, poll, poll2, wake, wakeup } from '../../lib/index.ts';
import { socketpair } from '../../lib/socket.ts';
import { openDescriptors } from '../support/descriptors.ts';
import { BACKENDS } from '../support/matrix.ts';
import { programOf } from '../support/thread.ts';
import { within } from '../support/time.ts';
import { eventually } from '../support/wait.ts';

class Idle extends Dispatcher {
  override writable(): boolean {
    return false;
  }
}

/** A map in which nothing happens, and the ends of its sockets. */
function idle(): { map: ChannelMap; channel: Idle; end(): void } {
  const map: ChannelMap = new Map();
  const [here, there] = socketpair();
  const channel = new Idle(here, map);
  return {
    map,
    channel,
    end() {
      channel.close();
      there.close();
    },
  };
}

let waker: Worker;

beforeAll(async () => {
  waker = new Worker(
    programOf(`
      parentPort.on('message', ({ handle, times }) => {
        for (let i = 0; i < times; i++) asyncore.wake(handle);
        post('woken');
      });
      post('ready');
    `),
    { eval: true },
  );
  await within(once(waker, 'message'), 20, 'the thread to start');
});

afterAll(async () => {
  await waker.terminate();
});

/** Wakes from the other thread, with a handle that was posted there. */
async function wakeThere(map: ChannelMap, times = 1): Promise<void> {
  const done = once(waker, 'message');
  waker.postMessage({ handle: wakeup(map), times });
  await within(done, 5, 'the other thread');
}

for (const backend of BACKENDS) {
  for (const wait of ['worker', 'inline'] as const) {
    describe(`${backend}, ${wait}`, () => {
      test('the loop takes its pass at once, however long it would have waited', async () => {
        const { map, end } = idle();
        try {
          const serving = loop({ map, backend, wait, timeout: null, count: 1 });
          await sleep(20);
          await wakeThere(map);
          await within(serving, 5, 'the pass');
        } finally {
          end();
        }
      });

      test('each wake-up is one pass, and the loop sleeps again after it', async () => {
        const { map, end } = idle();
        let isOver = false;
        const serving = loop({ map, backend, wait, timeout: null, count: 5 }).then(() => {
          isOver = true;
        });
        try {
          for (let i = 0; i < 5; i++) {
            expect(isOver).toBe(false);
            await wakeThere(map);
            await eventually(() => wakeup(map).asked[0] === 0, 'the wake-up did not come');
            await sleep(1);
          }
          await within(serving, 5, 'the loop');
        } finally {
          end();
        }
      });
    });
  }
}

test('many wake-ups before the pass are one', async () => {
  const { map, end } = idle();
  const handle = wakeup(map);
  try {
    const serving = loop({ map, timeout: null, count: 2 });
    const heard = vi.fn();
    const listener = new BroadcastChannel(handle.name);
    listener.onmessage = heard;
    for (let i = 0; i < 1000; i++) wake(handle);
    expect(handle.asked[0]).toBe(1);
    await eventually(() => handle.asked[0] === 0);
    let isOver = false;
    void serving.then(() => (isOver = true));
    // A message of another kind, sent later, comes later: there was no second wake-up before it.
    for (let i = 0; i < 10; i++) {
      const { port1, port2 } = new MessageChannel();
      const came = once(port2, 'message');
      port1.postMessage(null);
      await came;
      port1.close();
    }
    expect(isOver).toBe(false);
    expect(heard).toHaveBeenCalledTimes(1);
    listener.close();
    wake(handle);
    await within(serving, 5, 'the second pass');
  } finally {
    end();
  }
});

test('a wake-up that fails, or whose thread ends in the middle of it, holds back no other', async () => {
  const { map, end } = idle();
  const handle = wakeup(map);
  try {
    const serving = loop({ map, timeout: null, count: 2 });
    const failing = vi.spyOn(BroadcastChannel.prototype, 'postMessage').mockImplementation(() => {
      throw new Error('no memory');
    });
    expect(() => wake(handle)).toThrow('no memory');
    failing.mockRestore();
    wake(handle);
    await eventually(() => handle.asked[0] === 0, 'the wake-up did not come');
    // As another thread leaves it that ends in the middle.
    Atomics.store(handle.asked, 0, 1);
    wake(handle);
    await within(serving, 5, 'the second pass');
  } finally {
    end();
  }
});

test('two maps have two handles where a program has replaced randomUUID()', () => {
  const replaced = vi.spyOn(crypto, 'randomUUID').mockReturnValue('00000000-0000-4000-8000-000000000000');
  const names = [wakeup(new Map()).name, wakeup(new Map()).name];
  replaced.mockRestore();
  expect(names[0]).not.toBe(names[1]);
});

test.each([poll, poll2])('a single pass is woken too', async (one) => {
  const { map, end } = idle();
  try {
    const pass = one(null, map);
    await wakeThere(map, 3);
    await within(pass, 5, 'the pass');
  } finally {
    end();
  }
});

test('there is one handle for a map, and a loop that has ended is no error', async () => {
  const { map, end } = idle();
  const handle = wakeup(map);
  expect(wakeup(map)).toBe(handle);
  expect(wakeup(new Map())).not.toBe(handle);
  expect(wakeup(new Map()).name).not.toBe(handle.name);
  end();
  await loop({ map });
  await wakeThere(map);
  await eventually(() => handle.asked[0] === 0, 'the wake-up did not come');
  const again = idle();
  again.map.forEach((channel, fd) => {
    map.set(fd, channel);
  });
  const serving = loop({ map, timeout: null, count: 1 });
  await wakeThere(map);
  await within(serving, 5, 'the pass');
  again.end();
});

test('handles take no descriptor', async () => {
  const before = openDescriptors().size;
  const maps = Array.from({ length: 50 }, (): ChannelMap => new Map());
  for (const map of maps) wake(wakeup(map));
  await eventually(() => maps.every((map) => wakeup(map).asked[0] === 0));
  expect(openDescriptors().size).toBe(before);
});

test('what is no handle is refused', () => {
  for (const value of [null, undefined, 'name', {}, { name: 'x' }, { name: 1, asked: new Int32Array(1) }]) {
    expect(() => Reflect.apply(wake, undefined, [value])).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_ARG_TYPE' }),
    );
  }
  expect(() => Reflect.apply(wakeup, undefined, [{}])).toThrow(
    expect.objectContaining({ code: 'ERR_INVALID_ARG_TYPE' }),
  );
});

describe('a descriptor that is handed to another thread', () => {
  test.each(BACKENDS)('detach() gives its number, and the other thread serves it (%s)', async (backend) => {
    const [here, there] = socketpair();
    const map: ChannelMap = new Map();
    const channel = new Idle(here, map);
    // Something to wait for after it has gone.
    const [left, right] = socketpair();
    const other = new Idle(left, map);
    const end = new AbortController();
    // The loop waits for it when it is taken away.
    const serving = loop({ map, backend, signal: end.signal }).catch(() => 'ended');
    await sleep(20);
    channel.delChannel();
    const fd = here.detach();
    expect([here.fileno(), channel.fileno(), map.has(fd)]).toEqual([-1, -1, false]);
    const worker = new Worker(
      programOf(`
        class Echo extends asyncore.DispatcherWithSend {
          handleRead() { this.send(this.recv(100)); }
        }
        const { workerData } = require('node:worker_threads');
        new Echo(sockets.Socket.fromFd(workerData));
        await asyncore.loop({ backend: '${backend}' });
        post('closed');
      `),
      { eval: true, workerData: fd },
    );
    const closed = once(worker, 'message');
    const exit = once(worker, 'exit');
    const answers = new (class extends Idle {
      text = '';
      override handleRead(): void {
        this.text += this.recv(100);
      }
    })(there, map);
    there.send('are you there?');
    await eventually(() => answers.text === 'are you there?', 'no answer', 20);
    answers.close();
    await within(closed, 5, 'the other thread');
    await within(exit, 5, 'its end');
    end.abort();
    expect(await serving).toBe('ended');
    other.close();
    right.close();
  });
});
