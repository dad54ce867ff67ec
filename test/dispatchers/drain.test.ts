// drain(): waits until all has been sent, and never for ever.
import { describe, expect, test } from 'vitest';
import { AsyncChat, type Channel, DispatcherWithSend, loop } from '../../lib/index.ts';
import { type Socket, socketpair } from '../../lib/socket.ts';
import { eventually } from '../support/wait.ts';

type Pushing = (AsyncChat | DispatcherWithSend) & { put(data: Buffer): number };

class Sender extends DispatcherWithSend {
  override readable() {
    return false;
  }
  put(data: Buffer) {
    return this.send(data);
  }
}

class Chat extends AsyncChat {
  override readable() {
    return false;
  }
  put(data: Buffer) {
    return this.push(data);
  }
}

const MIB = Buffer.alloc(1 << 20);
const CLOSED = { code: 'ERR_SOCKET_CLOSED' };

const kinds: [name: string, make: (sock: Socket, map: Map<number, Channel>) => Pushing][] = [
  ['DispatcherWithSend', (sock, map) => new Sender(sock, map)],
  ['AsyncChat', (sock, map) => new Chat(sock, map)],
];

/** Reads some of what is there. */
function read(sock: Socket): void {
  try {
    sock.recv(1 << 18);
  } catch {
    // nothing now
  }
}

describe.each(kinds)('%s', (_name, make) => {
  test('resolves when the queue is empty, and at once when it is not full', async () => {
    const map = new Map<number, Channel>();
    const [here, there] = socketpair();
    const channel = make(here, map);
    await channel.drain();
    const running = loop({ map });
    expect(channel.put(MIB)).toBeGreaterThan(channel.highWaterMark);
    let received = 0;
    const reading = setInterval(() => {
      try {
        received += there.recv(1 << 18).length;
      } catch {
        // nothing now
      }
    });
    await Promise.all([channel.drain(), channel.drain()]);
    await eventually(() => received === MIB.length);
    clearInterval(reading);
    channel.close();
    there.close();
    await running;
  });

  test('resolves in an async handleDrain() that has sent more', async () => {
    const map = new Map<number, Channel>();
    const [here, there] = socketpair();
    const channel = make(here, map);
    const done: string[] = [];
    channel.handleDrain = async () => {
      done.push('called');
      if (done.length > 1) return;
      channel.put(MIB);
      await channel.drain();
      done.push('drained');
    };
    const running = loop({ map });
    channel.put(MIB);
    const reading = setInterval(() => read(there));
    // And handleDrain() is called for what it has sent itself, too.
    await eventually(() => done.length === 3);
    expect(done).toEqual(['called', 'drained', 'called']);
    clearInterval(reading);
    channel.close();
    there.close();
    await running;
  });

  test('rejects when the channel closes, before and after', async () => {
    const [here, there] = socketpair();
    const channel = make(here, new Map());
    channel.put(MIB);
    const waiting = channel.drain();
    channel.close();
    await expect(waiting).rejects.toMatchObject(CLOSED);
    await expect(channel.drain()).rejects.toMatchObject(CLOSED);
    expect([channel.put(MIB), channel.isFull]).toEqual([0, false]);
    there.close();
  });

  const settlings: [how: string, settle: (finish?: () => void) => void][] = [
    ['never', () => undefined],
    ['late', (finish) => finish?.()],
  ];
  test.each(settlings)('a new connection does not wait for a handleDrain() that ends %s', async (_how, settle) => {
    const map = new Map<number, Channel>();
    const [here, there] = socketpair();
    const [again, next] = socketpair();
    const channel = make(here, map);
    const finish: (() => void)[] = [];
    channel.handleDrain = () => new Promise<void>((resolve) => finish.push(resolve));
    const running = loop({ map });
    const reading = setInterval(() => [there, next].forEach(read));
    channel.put(MIB);
    await eventually(() => finish.length === 1);
    channel.close();
    channel.setSocket(again);
    channel.connected = true;
    channel.put(MIB);
    await eventually(() => finish.length === 2);
    // The end of the old one is not taken for that of its own, which is still pending.
    settle(finish[0]);
    channel.put(MIB);
    await channel.drain();
    await new Promise(setImmediate);
    expect(finish).toHaveLength(2);
    finish[1]?.();
    await eventually(() => finish.length === 3);
    clearInterval(reading);
    for (const each of [channel, there, next]) each.close();
    await running;
  });

  test('what was due with the last connection is not told in the new one', async () => {
    const [here, there] = socketpair();
    const channel = make(here, new Map());
    let drains = 0;
    channel.handleDrain = () => drains++;
    expect(channel.put(MIB)).toBeGreaterThan(channel.highWaterMark);
    channel.close();
    const [again, next] = socketpair();
    channel.setSocket(again);
    channel.connected = true;
    expect(channel.put(Buffer.from('small'))).toBe(0);
    expect(next.recv(100).toString()).toBe('small');
    expect(drains).toBe(0);
    for (const each of [channel, there, next]) each.close();
  });

  test('what waits for another socket is told when that has sent it', async () => {
    const map = new Map<number, Channel>();
    const [here, there] = socketpair();
    const channel = make(here, map);
    let drains = 0;
    channel.handleDrain = () => drains++;
    channel.put(MIB);
    const waiting = channel.drain();
    const [again, next] = socketpair();
    channel.delChannel();
    channel.setSocket(again);
    const running = loop({ map });
    const reading = setInterval(() => read(next));
    await waiting;
    expect(drains).toBe(1);
    clearInterval(reading);
    for (const each of [channel, there, next, here]) each.close();
    await running;
  });

  test('rejects when the peer is gone', async () => {
    const map = new Map<number, Channel>();
    const [here, there] = socketpair();
    const channel = make(here, map);
    channel.put(MIB);
    const waiting = channel.drain();
    const running = loop({ map });
    there.close();
    await expect(waiting).rejects.toMatchObject(CLOSED);
    await running;
  });
});

test('AsyncChat: resolves when the queue is discarded', async () => {
  const [here, there] = socketpair();
  const chat = new Chat(here, new Map());
  chat.push(MIB);
  const waiting = chat.drain();
  chat.discardBuffers();
  await waiting;
  for (const each of [chat, there]) each.close();
});
