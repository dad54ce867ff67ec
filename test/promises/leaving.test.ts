// Each of the three iterations, left in each way: what they are over is closed or, with keepOpen, left open with
// all that was not handed out; and what goes wrong reaches the loop.
import { describe, expect, onTestFinished, test } from 'vitest';
import { Dispatcher } from '../../lib/index.ts';
import { chunks, connections, type Iteration, type IterationOptions, lines } from '../../lib/promises.ts';
import { AF_INET, Socket, socketpair } from '../../lib/socket.ts';
import { BACKENDS } from '../support/matrix.ts';
import { reset } from '../support/pair.ts';
import { served } from '../support/streams.ts';
import { within } from '../support/time.ts';
import { eventually } from '../support/wait.ts';

type Over = Socket | Dispatcher;

/** Something to read from, and its peer. */
interface Source {
  readonly socket: Socket;
  /** Has the next step come. */
  feed(): void;
}

interface Kind {
  readonly name: string;
  make(): Source;
  over(over: Over, options?: IterationOptions): Iteration<unknown>;
}

function toClose<T extends { close(): void }>(one: T): T {
  onTestFinished(() => one.close());
  return one;
}

function stream(): Source {
  const [here, there] = socketpair();
  for (const socket of [here, there]) toClose(socket);
  return { socket: here, feed: () => there.send('one\n') };
}

function listener(): Source {
  const socket = toClose(new Socket(AF_INET));
  socket.bind(['127.0.0.1', 0]);
  socket.listen();
  return { socket, feed: () => void toClose(new Socket(AF_INET)).connectEx(socket.getsockname()) };
}

const KINDS: readonly Kind[] = [
  { name: 'chunks', make: stream, over: chunks },
  { name: 'lines', make: stream, over: lines },
  { name: 'connections', make: listener, over: connections },
];

const SOURCES: readonly { name: string; of(socket: Socket): Over }[] = [
  { name: 'a Socket', of: (socket) => socket },
  ...BACKENDS.map((backend) => ({
    name: `a channel, ${backend}`,
    of: (socket: Socket) => served(backend, (map) => new Dispatcher(socket, map)),
  })),
];

/** Ways to leave after the first step; each settles when the loop has been left. */
const WAYS: readonly { name: string; leave(iteration: Iteration<unknown>): Promise<unknown> }[] = [
  {
    name: 'break',
    async leave(iteration) {
      for await (const step of iteration) {
        close(step);
        break;
      }
    },
  },
  {
    name: 'an error in the loop',
    async leave(iteration) {
      const error = new Error('in the loop');
      const looping = (async () => {
        for await (const step of iteration) {
          close(step);
          throw error;
        }
      })();
      await expect(looping).rejects.toBe(error);
    },
  },
  {
    name: 'await using',
    async leave(iteration) {
      await using same = iteration;
      close((await same.next()).value);
    },
  },
  {
    name: 'return() while a step is waited for',
    async leave(iteration) {
      close((await iteration.next()).value);
      const next = iteration.next();
      await new Promise(setImmediate);
      await within(iteration.return(), 5, 'return()');
      expect(await next).toEqual({ done: true, value: undefined });
    },
  },
  {
    name: 'throw() while a step is waited for',
    async leave(iteration) {
      close((await iteration.next()).value);
      const next = iteration.next();
      const error = new Error('thrown');
      await expect(within(iteration.throw(error), 5, 'throw()')).rejects.toBe(error);
      expect((await next).done).toBe(true);
    },
  },
];

function close(step: unknown): void {
  if (Array.isArray(step) && step[0] instanceof Socket) toClose(step[0]);
}

describe.each(KINDS)('$name()', ({ make, over }) => {
  describe.each(SOURCES)('over $name', ({ of }) => {
    test.each(WAYS)('left by $name, closes it', async ({ leave }) => {
      const { socket, feed } = make();
      feed();
      const iteration = over(of(socket));
      await leave(iteration);
      expect(socket.fileno()).toBe(-1);
      expect(await iteration.next()).toEqual({ done: true, value: undefined });
    });

    test.each(WAYS)('left by $name, leaves it open with keepOpen, for the next one', async ({ leave }) => {
      const { socket, feed } = make();
      feed();
      const from = of(socket);
      await leave(over(from, { keepOpen: true }));
      expect(socket.fileno()).toBeGreaterThan(-1);
      feed();
      const again = over(from);
      const { value } = await within(again.next(), 5, 'the next step');
      close(value);
      expect(value).toBeDefined();
      await again.return();
      expect(socket.fileno()).toBe(-1);
    });

    test('left before it began, closes it, and with keepOpen does not', async () => {
      for (const keepOpen of [false, true]) {
        const { socket } = make();
        const from = of(socket);
        {
          await using _never = over(from, { keepOpen });
        }
        expect(socket.fileno() >= 0).toBe(keepOpen);
        from.close();
      }
    });

    test('an aborted signal and a time that is over reach the loop', async () => {
      const ends: readonly [IterationOptions, string][] = [
        [{ signal: AbortSignal.abort() }, 'ABORT_ERR'],
        [{ signal: AbortSignal.timeout(10) }, 'ABORT_ERR'],
        [{ timeout: 0.01 }, 'ETIMEDOUT'],
      ];
      for (const [options, code] of ends) {
        const { socket } = make();
        const looping = (async () => {
          for await (const step of over(of(socket), options)) throw new Error(String(step));
        })();
        await expect(looping).rejects.toMatchObject({ code });
        expect(socket.fileno()).toBe(-1);
      }
    });
  });

  test('what goes wrong with a Socket reaches the loop', async () => {
    const { socket } = make();
    const iteration = over(socket);
    const next = iteration.next().catch((error: unknown) => error);
    await new Promise(setImmediate);
    socket.close();
    expect(await within(next, 5, 'the error')).toMatchObject({ code: 'EBADF' });
    expect(await iteration.next()).toEqual({ done: true, value: undefined });
  });
});

describe.each(KINDS.slice(0, 2))('$name()', ({ over }) => {
  test.each(SOURCES)('the error of $name reaches the loop', async ({ of }) => {
    const server = listener();
    const client = new Socket(AF_INET);
    client.connectEx(server.socket.getsockname());
    const [socket] = server.socket.accept();
    const iteration = over(of(socket));
    const next = iteration.next();
    reset(client);
    await expect(next).rejects.toMatchObject({ code: 'ECONNRESET' });
    await eventually(() => socket.fileno() === -1);
  });
});
