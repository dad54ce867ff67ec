// After an abort nothing is left behind: every function of 'asyncore/promises', alone and beside loops with each
// backend and each way to wait.
import { getEventListeners } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type Channel, closeAll, Dispatcher, type LoopOptions, loop } from '../../lib/index.ts';
import * as promises from '../../lib/promises.ts';
import { AF_INET, AF_UNIX, SOCK_DGRAM, Socket, socketpair } from '../../lib/socket.ts';
import { openDescriptors, openedSince } from '../support/descriptors.ts';
import { FAMILIES } from '../support/matrix.ts';
import { fill, listening } from '../support/pair.ts';
import { best, duration, within } from '../support/time.ts';
import { eventually } from '../support/wait.ts';

const {
  chunks,
  connections,
  lines,
  sockAccept,
  sockConnect,
  sockRecv,
  sockRecvfrom,
  sockRecvInto,
  sockSendall,
  sockSendto,
  waitReadable,
  waitWritable,
} = promises;

interface Ending {
  readonly signal?: AbortSignal;
  readonly timeout?: number;
}

/** A call that waits, until `arrive` has it done; then `rest` gives, as text, what there was for it. */
interface Call {
  wait(options: Ending): Promise<unknown>;
  arrive?(): void;
  /** What is there in the end, whether the call had it or not. */
  rest?(result: unknown): Promise<string> | string;
}

function open(...sockets: Socket[]): void {
  onTestFinished(() => {
    for (const socket of sockets) socket.close();
  });
}

function pair(type?: number): [Socket, Socket] {
  const both = socketpair(AF_UNIX, type);
  open(...both);
  return both;
}

/** A socket that takes no more, and its peer's way to make room. */
function full(type?: number): [Socket, () => void] {
  const [here, there] = pair(type);
  fill(here);
  return [
    here,
    () => {
      try {
        for (;;) there.recv(1 << 20);
      } catch {
        // It is empty.
      }
    },
  ];
}

const DATA = 'some bytes';
const have = (data: unknown): data is Buffer => Buffer.isBuffer(data) && data.length > 0;

/** poll(2) always sees room for it: it looks again after pauses. */
const NEVER_SLEEPS = 'sockSendto';

const CALLS: Readonly<Record<string, () => Call>> = {
  waitReadable: () => {
    const [here, there] = pair();
    const rest = () => String(here.recv(100));
    return { wait: (options) => waitReadable(here, options), arrive: () => there.send(DATA), rest };
  },
  waitWritable: () => {
    const [here, makeRoom] = full();
    return { wait: (options) => waitWritable(here, options), arrive: makeRoom };
  },
  sockRecv: () => {
    const [here, there] = pair();
    return {
      wait: (options) => sockRecv(here, 100, options),
      arrive: () => there.send(DATA),
      rest: (result) => String(have(result) ? result : here.recv(100)),
    };
  },
  sockRecvInto: () => {
    const [here, there] = pair();
    const view = Buffer.alloc(100);
    return {
      wait: (options) => sockRecvInto(here, view, options),
      arrive: () => there.send(DATA),
      rest: (result) => String(typeof result === 'number' ? view.subarray(0, result) : here.recv(100)),
    };
  },
  sockRecvfrom: () => {
    const [here, there] = pair(SOCK_DGRAM);
    return {
      wait: (options) => sockRecvfrom(here, 100, options),
      arrive: () => there.send(DATA),
      rest: (result) => String(Array.isArray(result) ? result[0] : here.recv(100)),
    };
  },
  sockSendall: () => {
    const [here, makeRoom] = full();
    return { wait: (options) => sockSendall(here, DATA, options), arrive: makeRoom };
  },
  sockSendto: () => {
    const here = new Socket(AF_UNIX, SOCK_DGRAM);
    const there = new Socket(AF_UNIX, SOCK_DGRAM);
    open(here, there);
    const address = FAMILIES[2]?.address() ?? '';
    there.bind(address);
    const send = () => here.sendto('x', address);
    expect(() => {
      for (;;) send();
    }).toThrow(expect.objectContaining({ code: 'EAGAIN' }));
    return { wait: (options) => sockSendto(here, DATA, address, options), arrive: () => there.recv(1) };
  },
  sockAccept: () => {
    const listener = listening({ family: AF_INET, address: () => ['127.0.0.1', 0] });
    const client = new Socket(AF_INET);
    open(listener, client);
    return {
      wait: (options) => sockAccept(listener, options),
      arrive: () => client.connectEx(listener.getsockname()),
      rest(result) {
        const [socket] = Array.isArray(result) ? result : listener.accept();
        client.send(DATA);
        const data = String(socket.recv(100));
        socket.close();
        return data;
      },
    };
  },
  sockConnect: () => {
    // Its backlog is full: the system drops what comes then, and connecting goes on and on.
    const busy = listening({ family: AF_INET, address: () => ['127.0.0.1', 0] }, 0);
    const clients = [new Socket(AF_INET), new Socket(AF_INET)];
    const client = new Socket(AF_INET);
    for (const each of clients) each.connectEx(busy.getsockname());
    open(busy, client, ...clients);
    return { wait: (options) => sockConnect(client, busy.getsockname(), options) };
  },
  chunks: () => {
    const [here, there] = pair();
    return {
      wait: async (options) => (await chunks(here, { ...options, keepOpen: true }).next()).value,
      arrive: () => there.send(DATA),
      rest: (result) => String(have(result) ? result : here.recv(100)),
    };
  },
  lines: () => {
    const [here, there] = pair();
    // Half of a line is there before.
    there.send('some ');
    let held = '';
    return {
      wait: async (options) => {
        const reading = lines(here, { ...options, keepOpen: true });
        const { value } = await reading.next().finally(() => {
          held += reading.rest;
        });
        return value;
      },
      arrive: () => there.send('bytes\n'),
      rest: (result) => {
        return `${held}${typeof result === 'string' ? result : here.recv(100)}`.trimEnd();
      },
    };
  },
  connections: () => {
    const listener = listening({ family: AF_INET, address: () => ['127.0.0.1', 0] });
    const client = new Socket(AF_INET);
    open(listener, client);
    return {
      wait: async (options) => (await connections(listener, { ...options, keepOpen: true }).next()).value,
      arrive: () => client.connectEx(listener.getsockname()),
      rest(result) {
        const [socket] = Array.isArray(result) ? result : listener.accept();
        client.send(DATA);
        const data = String(socket.recv(100));
        socket.close();
        return data;
      },
    };
  },
};

test('every function has a row', () => {
  expect(Object.keys(CALLS).sort()).toEqual(Object.keys(promises).sort());
});

class Idle extends Dispatcher {
  override writable() {
    return false;
  }
}

/** What else runs meanwhile. */
const BESIDE: readonly (LoopOptions & { readonly name: string })[] = (['select', 'poll'] as const).flatMap((backend) =>
  (['worker', 'inline'] as const).map((wait) => ({ name: `beside a loop: ${backend}, ${wait}`, backend, wait })),
);

/** Runs `use` beside a loop, or alone. */
async function beside(options: LoopOptions | undefined, use: () => Promise<void>): Promise<void> {
  if (options === undefined) return use();
  const [here, there] = socketpair();
  const map = new Map<number, Channel>();
  new Idle(here, map);
  const serving = loop({ ...options, map });
  try {
    await use();
  } finally {
    closeAll(map);
    there.close();
    await serving;
  }
}

/** Seconds. */
const SOON = 0.05;

describe.each([{ name: 'alone', options: undefined }, ...BESIDE.map(({ name, ...options }) => ({ name, options }))])(
  '$name',
  ({ options }) => {
    test.each(Object.entries(CALLS))('%s() ends within 50 ms of an abort, and leaves no listener', async (_, make) => {
      const { wait, arrive, rest } = make();
      await beside(options, async () => {
        const before = openDescriptors();
        /** The seconds from the abort to the end of a call that was begun so many turns before. */
        const abort = async (turns: number): Promise<number> => {
          const controller = new AbortController();
          const { signal } = controller;
          const ended = wait({ signal, timeout: 60 }).catch((error: unknown) => error);
          for (let i = 0; i < turns; i++) await new Promise(setImmediate);
          // Not an immediate one, so that the thread has begun to wait.
          if (turns > 1) await sleep(5);
          // Until then it may have read what was there before.
          if (turns > 0) expect(getEventListeners(signal, 'abort')).toHaveLength(1);
          const reason = new Error('enough');
          const seconds = await duration(async () => {
            controller.abort(reason);
            expect(await ended).toMatchObject({ name: 'AbortError', code: 'ABORT_ERR', cause: reason });
          });
          expect(getEventListeners(signal, 'abort')).toHaveLength(0);
          // And before it began.
          await expect(wait({ signal })).rejects.toMatchObject({ code: 'ABORT_ERR' });
          expect(getEventListeners(signal, 'abort')).toHaveLength(0);
          return seconds;
        };
        for (const turns of [0, 1, 5]) expect(await best(SOON, () => abort(turns))).toBeLessThan(SOON);
        // The loop beside may have parked its channel meanwhile.
        expect(openedSince(before).filter(([, what]) => what !== 'anon_inode:[eventpoll]')).toEqual([]);
        if (arrive === undefined) return;
        // What comes afterwards is there, whole, for the next call.
        arrive();
        const result = await within(wait({}), 5, 'the next call');
        if (rest !== undefined) expect(await rest(result)).toBe(DATA);
      });
    });

    test.each(Object.entries(CALLS).filter(([, make]) => make.toString().includes('rest')))(
      '%s() and an abort at the same time: whatever it says, nothing is lost',
      async (_, make) => {
        await beside(options, async () => {
          for (let i = 0; i < 12; i++) {
            const { wait, arrive, rest } = make();
            const controller = new AbortController();
            const ended = wait({ signal: controller.signal }).catch((error: unknown) => error);
            const turns = i >> 2;
            if (i & 1) await new Promise(setImmediate);
            arrive?.();
            for (let n = 0; n < turns; n++) await (i & 2 ? new Promise(setImmediate) : Promise.resolve());
            controller.abort();
            const result = await within(ended, 5, 'the call');
            expect(await rest?.(result)).toBe(DATA);
          }
        });
      },
    );
  },
);

/** The threads that wait for this environment. */
function waiters(): number {
  const names = readdirSync('/proc/self/task').map((id) => {
    try {
      return readFileSync(`/proc/self/task/${id}/comm`, 'utf8');
    } catch {
      // It has ended.
      return '';
    }
  });
  return names.filter((name) => name === 'asyncore\n').length;
}

test.each(Object.entries(CALLS))('%s() leaves no thread and no timer', async (name, make) => {
  const { wait } = make();
  const timers = () => process.getActiveResourcesInfo().filter((one) => one === 'Timeout').length;
  const before = timers();
  const times = 20;
  for (let i = 0; i < times; i++) {
    const controller = new AbortController();
    const ended = wait({ signal: controller.signal, timeout: 60 }).catch((error: unknown) => error);
    if (i === 0 && name !== NEVER_SLEEPS) await eventually(() => waiters() === 1, 'nobody waits');
    else await new Promise(setImmediate);
    controller.abort();
    await ended;
  }
  // The test runner has some of its own, which come and go.
  expect(timers() - before).toBeLessThan(times / 2);
  await eventually(() => waiters() === 0, 'the thread stays');
});
