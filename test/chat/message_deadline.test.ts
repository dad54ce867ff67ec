// setTimeout('message'): the time that a whole message may take, however its bytes are spread.
import { afterEach, describe, expect, test } from 'vitest';
import { AsyncChat, type Channel, closeAll, Dispatcher, type Terminator, type TimeoutKind } from '../../lib/index.ts';
import { type Socket, socketpair } from '../../lib/socket.ts';
import { now } from '../../lib/system/clock.ts';
import { connectAgain } from '../support/chat.ts';
import { passesUntil, WAYS, type Way } from '../support/matrix.ts';

/** Seconds. */
const LIMIT = 0.2;

const map = new Map<number, Channel>();
const open: Socket[] = [];

afterEach(() => {
  closeAll(map);
  for (const each of open.splice(0)) each.close();
});

class Lines extends AsyncChat {
  readonly messages: string[] = [];
  readonly over: TimeoutKind[] = [];
  began = now();
  at = 0;

  override collectIncomingData(data: Buffer): unknown {
    this._collectIncomingData(data);
    return undefined;
  }
  override foundTerminator(): unknown {
    this.messages.push(this._getData().toString());
    return undefined;
  }
  override handleTimeout(kind: TimeoutKind) {
    this.over.push(kind);
    this.at = now() - this.began;
  }
}

function lines(terminator: Terminator = '\r\n'): [Lines, Socket] {
  const [here, there] = socketpair();
  open.push(there);
  const channel = new Lines(here, map);
  channel.setTerminator(terminator);
  channel.setTimeout('message', LIMIT);
  return [channel, there];
}

/** Runs passes for so many seconds, and has `step` called before each. */
async function passFor(way: Way, seconds: number, step = () => {}): Promise<void> {
  const end = now() + seconds;
  while (now() < end) {
    step();
    await way.passes(1, 0.01, map);
  }
}

describe.each(WAYS)('$name', (way) => {
  test.each<[string, Terminator]>([
    ['a line', '\r\n'],
    ['a count', 100_000],
  ])('%s that comes byte by byte is over, once', async (_name, terminator) => {
    const [channel, peer] = lines(terminator);
    await passFor(way, 1.5 * LIMIT);
    expect(channel.over).toEqual([]);
    channel.began = now();
    await passFor(way, 2.5 * LIMIT, () => peer.send('x'));
    expect(channel.over).toEqual(['message']);
    expect(channel.at).toBeGreaterThanOrEqual(LIMIT);
  });

  test('each message has its own time, also one that begins in the piece that ends another', async () => {
    const [channel, peer] = lines();
    peer.send('begin');
    let [count, sent, stalls] = [0, now(), 0];
    await passFor(way, 3 * LIMIT, () => {
      if (++count % 3 !== 0) return;
      peer.send(' end\r\nbegin');
      // A machine that stood still meanwhile has made the message late.
      if (now() - sent > 0.9 * LIMIT) stalls++;
      sent = now();
    });
    expect(channel.over.splice(0).length).toBeLessThanOrEqual(stalls);
    expect(channel.messages.length).toBeGreaterThan(2);
    await passesUntil(way, () => channel.over.length > 0, map);
    // The one that is late ends, and the next has its time again.
    peer.send('\r\nbegin');
    await passesUntil(way, () => channel.over.length > 1, map);
    expect(channel.over).toEqual(['message', 'message']);
  });

  test('it does not run without a terminator, or for a message that was thrown away', async () => {
    const [all, peer] = lines(null);
    const [thrown, other] = lines();
    other.send('begin');
    await passesUntil(way, () => thrown.incoming.length > 0, map);
    thrown.discardBuffers();
    await passFor(way, 2 * LIMIT, () => peer.send('x'));
    expect([all.over, thrown.over]).toEqual([[], []]);
  });

  test('it does not run for what came in another connection', async () => {
    const [channel, peer] = lines();
    peer.send('begin');
    await passesUntil(way, () => channel.incoming.length > 0, map);
    open.push(connectAgain(channel));
    await passFor(way, 2 * LIMIT);
    expect(channel.over).toEqual([]);
  });

  test('it waits while the channel does not want to read', async () => {
    const [channel, peer] = lines();
    peer.send('begin');
    await passesUntil(way, () => channel.incoming.length > 0, map);
    channel.pauseIncoming();
    await passFor(way, 2 * LIMIT);
    expect(channel.over).toEqual([]);
    channel.resumeIncoming();
    await passesUntil(way, () => channel.over.length > 0, map);
  });
});

test('it waits for an async handler of the channel', async () => {
  const [way] = WAYS;
  if (way === undefined) throw new Error('no way');
  const [channel, peer] = lines();
  let finish = () => {};
  channel.collectIncomingData = () =>
    new Promise<void>((resolve) => {
      finish = resolve;
    });
  peer.send('begin');
  await passFor(way, 2 * LIMIT);
  expect(channel.over).toEqual([]);
  finish();
  await passesUntil(way, () => channel.over.length > 0, map);
});

test('by default it is an error of the channel; what has no messages has no such deadline', async () => {
  const [way] = WAYS;
  if (way === undefined) throw new Error('no way');
  const [here, there] = socketpair();
  open.push(there);
  const errors: unknown[] = [];
  const chat = new AsyncChat(here, map);
  chat.handleError = (error: unknown) => errors.push(error);
  chat.collectIncomingData = () => {};
  chat.setTerminator('\n');
  chat.setTimeout('message', LIMIT);
  const [plain, peer] = socketpair();
  open.push(peer);
  const dispatcher = new Dispatcher(plain, map);
  dispatcher.writable = () => false;
  dispatcher.handleRead = () => dispatcher.recv(10);
  dispatcher.handleTimeout = (kind: TimeoutKind) => errors.push(kind);
  dispatcher.setTimeout('message', LIMIT);
  there.send('begin');
  peer.send('begin');
  await passesUntil(way, () => errors.length > 0, map);
  await passFor(way, LIMIT);
  expect(errors).toEqual([expect.objectContaining({ code: 'ETIMEDOUT', syscall: 'message' })]);
});
