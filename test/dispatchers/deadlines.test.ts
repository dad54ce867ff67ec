// setTimeout() and handleTimeout(): each kind of limit is over when it says so, and not while
// something moves.
import { afterEach, describe, expect, test } from 'vitest';
import { type Channel, closeAll, Dispatcher, DispatcherWithSend, loop, type TimeoutKind } from '../../lib/index.ts';
import { AF_INET, type Socket, socketpair } from '../../lib/socket.ts';
import { now } from '../../lib/system/clock.ts';
import { runProgram } from '../support/child.ts';
import { passesUntil, WAYS, type Way } from '../support/matrix.ts';
import { fill, listening } from '../support/pair.ts';
import { eventually } from '../support/wait.ts';

const map = new Map<number, Channel>();
const open: Socket[] = [];

afterEach(() => {
  closeAll(map);
  for (const each of open.splice(0)) each.close();
});

class Timed extends DispatcherWithSend {
  /** Each kind, and how long after the start. */
  readonly over: TimeoutKind[] = [];
  readonly errors: unknown[] = [];
  read = true;
  readonly began = now();
  at = 0;
  lastRead = 0;

  override readable() {
    return this.read;
  }

  override handleRead() {
    this.lastRead = now() - this.began;
    this.recv(1000);
  }

  override handleTimeout(kind: TimeoutKind): unknown {
    this.over.push(kind);
    this.at = now() - this.began;
    return undefined;
  }

  override handleError(error: unknown) {
    this.errors.push(error);
    this.close();
  }
}

function pair(): [Timed, Socket] {
  const [here, there] = socketpair();
  open.push(there);
  return [new Timed(here, map), there];
}

/** Runs passes until `seconds` have passed. */
async function passFor(way: Way, seconds: number): Promise<void> {
  const end = now() + seconds;
  while (now() < end) await way.passes(1, 0.01, map);
}

describe.each(WAYS)('$name', (way) => {
  test.each<TimeoutKind>(['idle', 'read'])('%s: it is over once when nothing comes', async (kind) => {
    const [channel, peer] = pair();
    channel.setTimeout(kind, 0.1);
    await passesUntil(way, () => channel.over.length > 0, map);
    expect(channel.at).toBeGreaterThanOrEqual(0.1);
    await passFor(way, 0.25);
    expect(channel.over).toEqual([kind]);
    peer.send('x');
    await passesUntil(way, () => channel.over.length > 1, map);
    expect(channel.over).toEqual([kind, kind]);
    channel.setTimeout(kind, 0);
    peer.send('x');
    await passFor(way, 0.2);
    expect(channel.over).toHaveLength(2);
  });

  test.each([1e-9, 1e-303, Number.MIN_VALUE])(
    '%d seconds are over at once, and put off nobody else',
    async (seconds) => {
      const [channel] = pair();
      const [other] = pair();
      other.setTimeout('idle', 0.1);
      channel.setTimeout('idle', seconds);
      await passesUntil(way, () => channel.over.length > 0, map);
      await passesUntil(way, () => other.over.length > 0, map);
      expect([channel.over, other.over]).toEqual([['idle'], ['idle']]);
    },
  );

  test.each<TimeoutKind>(['idle', 'read'])('%s: whichever map is looped over, it is told once', async (kind) => {
    const other = new Map<number, Channel>();
    for (const looped of [map, other]) {
      for (const left of [undefined, looped === map ? other : map]) {
        const [channel] = pair();
        channel.setTimeout(kind, 0.05);
        await way.passes(1, 0, map);
        channel.addChannel(other);
        left?.delete(channel.fileno());
        await passesUntil(way, () => channel.over.length > 0, looped);
        await way.passes(1, 0.1, looped);
        await way.passes(1, 0.1, looped === map ? other : map);
        expect(channel.over).toEqual([kind]);
        channel.close();
        expect([map.size, other.size]).toEqual([0, 0]);
      }
    }
  });

  test('with another socket, the time begins anew', async () => {
    const [channel] = pair();
    const [other] = pair();
    const { socket } = other;
    if (socket === null) throw new Error('no socket');
    other.delChannel(map);
    channel.setTimeout('idle', 0.2);
    channel.close();
    await new Promise((resolve) => setTimeout(resolve, 250));
    const since = now();
    channel.setSocket(socket, map);
    await passFor(way, 0.3);
    expect(channel.over).toEqual(['idle']);
    expect(channel.began + channel.at - since).toBeGreaterThanOrEqual(0.2);
  });

  test('one that the handler of another has changed is not told', async () => {
    const [channel] = pair();
    class Changing extends Timed {
      override handleTimeout(kind: TimeoutKind) {
        this.setTimeout('read', 60);
        return super.handleTimeout(kind);
      }
    }
    Reflect.setPrototypeOf(channel, Changing.prototype);
    // It waits for input from now on, and not only from the pass in which both are over.
    await passFor(way, 0.01);
    channel.setTimeout('idle', 0.05);
    channel.setTimeout('read', 0.05);
    await new Promise((resolve) => setTimeout(resolve, 60));
    await passesUntil(way, () => channel.over.length > 0, map);
    await passFor(way, 0.1);
    expect(channel.over).toEqual(['idle']);
  });

  test.each<TimeoutKind>(['idle', 'read'])('%s: what comes puts it off', async (kind) => {
    const [channel, peer] = pair();
    channel.setTimeout(kind, 0.3);
    for (let i = 0; i < 8; i++) {
      peer.send('x');
      await passFor(way, 0.05);
    }
    channel.over.length = 0;
    await passesUntil(way, () => channel.over.length > 0, map);
    expect(channel.at - channel.lastRead).toBeGreaterThanOrEqual(0.3);
  });

  test('read: does not run while the channel does not want to read', async () => {
    const [channel] = pair();
    channel.setTimeout('read', 0.1);
    channel.read = false;
    await passFor(way, 0.3);
    expect(channel.over).toEqual([]);
    channel.read = true;
    const since = now();
    await passesUntil(way, () => channel.over.length > 0, map);
    expect(now() - since).toBeGreaterThanOrEqual(0.1);
  });

  test('write: runs while something waits to be sent', async () => {
    const [channel, peer] = pair();
    channel.setTimeout('write', 0.1);
    await passFor(way, 0.2);
    expect(channel.over).toEqual([]);
    if (channel.socket === null) throw new Error('no socket');
    fill(channel.socket);
    channel.send('waits');
    await passesUntil(way, () => channel.over.length > 0, map);
    expect(channel.over).toEqual(['write']);
    // Some of it goes, and so it starts again.
    for (let i = 0; i < 1000 && channel.outBuffer.length > 0; i++) {
      peer.recv(1 << 20);
      await way.passes(1, 0.01, map);
    }
    await passFor(way, 0.2);
    expect(channel.over).toEqual(['write']);
  });

  test('connect: runs until the channel is connected', async () => {
    // Nobody accepts, and the backlog is full: Linux drops the next SYN.
    const listener = listening({ family: AF_INET, address: () => ['127.0.0.1', 0] }, 0);
    open.push(listener);
    const connecting = Array.from({ length: 4 }, () => {
      const channel = new Timed(null, map);
      channel.createSocket();
      channel.setTimeout('connect', 0.2);
      channel.connect(listener.getsockname());
      return channel;
    });
    const last = connecting.at(-1);
    await passesUntil(way, () => (last?.over.length ?? 0) > 0, map);
    expect(last?.over).toEqual(['connect']);
    await passFor(way, 0.3);
    expect(connecting[0]?.connected).toBe(true);
    expect(connecting[0]?.over).toEqual([]);
  });

  test('by default it is an error of the channel', async () => {
    const [here, there] = socketpair();
    open.push(there);
    const errors: unknown[] = [];
    class Plain extends Dispatcher {
      override writable() {
        return false;
      }
      override handleError(error: unknown) {
        errors.push(error);
        this.close();
      }
    }
    new Plain(here, map).setTimeout('idle', 0.05);
    await passesUntil(way, () => map.size === 0, map);
    expect(errors).toEqual([expect.objectContaining({ code: 'ETIMEDOUT', syscall: 'idle' })]);
  });
});

test('a deadline that is set while the loop sleeps wakes it, and so does an earlier one', async () => {
  const [channel] = pair();
  const [other] = pair();
  other.setTimeout('idle', 3600);
  const running = loop({ map, timeout: null });
  await eventually(() => channel.readable());
  setTimeout(() => channel.setTimeout('idle', 0.05), 50);
  await eventually(() => channel.over.length > 0, 'the deadline did not wake the loop');
  closeAll(map);
  await running;
});

test('while an async handler is busy, the channel does not wait for its peer', async () => {
  const [channel, peer] = pair();
  let finish = () => {};
  channel.handleRead = () => {
    channel.recv(1000);
    return new Promise<void>((resolve) => {
      finish = resolve;
    });
  };
  const running = loop({ map });
  peer.send('x');
  channel.setTimeout('read', 0.1);
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect(channel.over).toEqual([]);
  finish();
  await eventually(() => channel.over.length > 0);
  closeAll(map);
  await running;
});

const TINY = [Number.MIN_VALUE, 1e-320, 1e-310, 1e-300, 1e-12];

test.each(TINY)('a limit of %d s is over, and so are those of others', async (seconds) => {
  const [channel] = pair();
  const [other] = pair();
  channel.setTimeout('idle', seconds);
  other.setTimeout('idle', 0.1);
  const running = loop({ map });
  await eventually(() => channel.over.length > 0 && other.over.length > 0);
  closeAll(map);
  await running;
});

test.each(TINY)('a limit of %d s leaves time to others while an async handler is busy', async (seconds) => {
  // In a process of its own: it would never give the turn back.
  const { code, stderr } = await runProgram(`
    const [here, there] = sockets.socketpair();
    class Busy extends asyncore.Dispatcher {
      writable() { return false; }
      async handleRead() {
        this.recv(10);
        this.setTimeout('read', ${seconds});
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
      handleTimeout() { this.close(); }
    }
    new Busy(here);
    there.send('x');
    await asyncore.loop();
    there.close();
  `);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
});

test('arguments are checked', () => {
  const [channel] = pair();
  const set = (...args: unknown[]) => Reflect.apply(channel.setTimeout, channel, args);
  expect(() => set('total', 1)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARG_VALUE' }));
  expect(() => set('idle', -1)).toThrow(expect.objectContaining({ code: 'ERR_OUT_OF_RANGE' }));
  expect(() => set('idle', '1')).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARG_TYPE' }));
});
