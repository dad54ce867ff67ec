// toDuplex(), toReadable() and toWritable(): bytes, back-pressure, half-close, errors and destroy, in both
// directions, of every kind of source.
import { AsyncLocalStorage } from 'node:async_hooks';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { AsyncChat, Dispatcher, DispatcherWithSend, pipe } from '../../lib/index.ts';
import { AF_INET, AF_UNIX, SHUT_WR, SO_SNDBUF, SOCK_DGRAM, SOL_SOCKET, Socket, socketpair } from '../../lib/socket.ts';
import { toDuplex, toReadable, toWritable } from '../../lib/stream.ts';
import { thrownBy } from '../support/failure.ts';
import { BACKENDS, FAMILIES, temporaryPath } from '../support/matrix.ts';
import { connectedPair, reset } from '../support/pair.ts';
import { closing, ORIGINS, readAll, served } from '../support/streams.ts';
import { eventually } from '../support/wait.ts';

function pair(): [Socket, Socket] {
  const both = socketpair();
  onTestFinished(() => {
    for (const sock of both) sock.close();
  });
  return both;
}

describe.each(ORIGINS)('a Duplex over a $name', ({ of, duplicates }) => {
  const made = (): [stream: Duplex, peer: Duplex] => {
    const [here, there] = pair();
    const stream = toDuplex(of(here));
    if (duplicates) here.close();
    return [stream, toDuplex(there)];
  };

  test('carries bytes both ways, in order and all of them', async () => {
    const [stream, peer] = made();
    const sent = [randomBytes(3_000_000), randomBytes(2_000_001)];
    stream.end(sent[0]);
    peer.end(sent[1]);
    const [there, here] = await Promise.all([readAll(peer), readAll(stream)]);
    expect(there.equals(sent[0] ?? there.subarray(1))).toBe(true);
    expect(here.equals(sent[1] ?? here.subarray(1))).toBe(true);
    await eventually(() => stream.closed && peer.closed);
  });

  test('sends many small pieces, corked or not', async () => {
    const [stream, peer] = made();
    let expected = '';
    for (let i = 0; i < 5000; i++) {
      if (i % 1000 === 0) stream.cork();
      stream.write(`${i},`);
      expected += `${i},`;
      if (i % 1000 === 500) stream.uncork();
    }
    stream.uncork();
    stream.end();
    expect((await readAll(peer)).toString()).toBe(expected);
    peer.end();
    await readAll(stream);
  });

  test('reads no more than it has room for', async () => {
    const [stream, peer] = made();
    let written = 0;
    const piece = Buffer.alloc(65536);
    const more = () => {
      written += piece.length;
      peer.write(piece, (error) => error ?? more());
    };
    more();
    stream.once('readable', () => {});
    let before = -1;
    await eventually(() => {
      const isStill = written === before;
      before = written;
      return isStill && written > 2 * piece.length && stream.readableLength >= stream.readableHighWaterMark;
    });
    await sleep(50);
    expect(written).toBe(before);
    expect(stream.readableLength).toBeLessThanOrEqual(2 * stream.readableHighWaterMark);
    stream.resume();
    await eventually(() => written > before + 10 * piece.length, 'it did not go on');
    stream.destroy();
    peer.once('error', () => {});
    await closing(peer);
  });

  test('tells its writer to wait, and calls back when all is with the system', async () => {
    const [stream, peer] = made();
    let count = 0;
    while (stream.write(Buffer.alloc(65536))) count++;
    expect(count).toBeLessThan(100);
    let isDrained = false;
    stream.once('drain', () => {
      isDrained = true;
    });
    await sleep(20);
    expect(isDrained).toBe(false);
    peer.resume();
    await eventually(() => isDrained);
    stream.end();
    await once(peer, 'end');
    peer.end();
    stream.resume();
    await closing(stream);
  });

  test('ends one side and goes on with the other', async () => {
    const [stream, peer] = made();
    peer.end('last words');
    expect((await readAll(stream)).toString()).toBe('last words');
    expect(stream.destroyed).toBe(false);
    stream.end('an answer');
    expect((await readAll(peer)).toString()).toBe('an answer');
    await eventually(() => stream.closed && peer.closed);
  });

  test('is closed by destroy(), which the peer sees, with the error or without', async () => {
    for (const error of [undefined, new Error('enough')]) {
      const [stream, peer] = made();
      peer.resume();
      stream.destroy(error);
      expect(await closing(stream)).toBe(error);
      await once(peer, 'end');
      peer.end();
      await closing(peer);
    }
  });

  test('does not keep a write waiting that destroy() overtakes', async () => {
    const [stream, peer] = made();
    const errors: unknown[] = [];
    const hear = (error: unknown) => errors.push(error);
    for (let i = 0; i < 40; i++) stream.write(Buffer.alloc(65536), hear);
    stream.destroy();
    await closing(stream);
    await eventually(() => errors.length === 40);
    expect(errors.some((error) => error !== undefined && error !== null)).toBe(true);
    peer.destroy();
  });

  test('reports that the peer is gone, when it writes', async () => {
    const [stream, peer] = made();
    peer.destroy();
    await closing(peer);
    stream.on('error', () => {});
    stream.write(Buffer.alloc(1000));
    stream.write(Buffer.alloc(1000));
    const error = await closing(stream);
    expect(error).toMatchObject({ code: 'EPIPE', syscall: 'send' });
  });

  test('runs its listeners in the context in which it was made', async () => {
    const storage = new AsyncLocalStorage<string>();
    const [stream, peer] = storage.run('mine', made);
    const seen: unknown[] = [];
    stream.on('data', () => seen.push(storage.getStore()));
    stream.on('end', () => seen.push(storage.getStore()));
    storage.run('other', () => peer.end('x'));
    await once(stream, 'end');
    expect(seen).toEqual(['mine', 'mine']);
    stream.end();
    await closing(stream);
  });
});

test.each(FAMILIES)('a reset is an error of the stream ($name)', async (family) => {
  const [client, server] = connectedPair(family);
  onTestFinished(() => client.close());
  const stream = toDuplex(server);
  stream.on('error', () => {});
  stream.resume();
  client.send('x');
  stream.write('unread');
  await once(stream, 'data');
  reset(client);
  const error = await closing(stream);
  if (family.family === AF_UNIX) expect(error === undefined || error instanceof Error).toBe(true);
  else expect(error).toMatchObject({ code: 'ECONNRESET' });
  stream.destroy();
});

test('a Duplex of a TCP connection has the addresses that net.Socket has', async () => {
  const [client, server] = connectedPair({ name: 'inet', family: AF_INET, address: () => ['127.0.0.1', 0] });
  const [there, here] = [client.getsockname(), server.getsockname()];
  const stream = toDuplex(server);
  expect([stream.remoteAddress, stream.remotePort]).toEqual(there);
  expect([stream.localAddress, stream.localPort, stream.remoteFamily]).toEqual([...here, 'IPv4']);
  stream.destroy();
  client.close();
});

test('setTimeout() tells that nothing has moved for so long, and not before', async () => {
  const [here, there] = pair();
  const stream = toDuplex(here);
  stream.resume();
  const start = performance.now();
  stream.setTimeout(100);
  const busy = setInterval(() => there.send('x'), 10);
  let isOver = false;
  stream.once('timeout', () => {
    isOver = true;
  });
  await eventually(() => performance.now() - start > 300);
  expect(isOver).toBe(false);
  clearInterval(busy);
  await once(stream, 'timeout');
  stream.destroy();
  await closing(stream);
});

test.each([-1, NaN, '5'])('setTimeout(%j) is refused, and adds no listener', async (time) => {
  const [here] = pair();
  const stream = toDuplex(here);
  expect(thrownBy(() => Reflect.apply(stream.setTimeout, stream, [time, () => {}]))).toMatchObject({
    code: expect.stringMatching(/ERR_(OUT_OF_RANGE|INVALID_ARG_TYPE)/),
  });
  expect(stream.listenerCount('timeout')).toBe(0);
  stream.destroy();
  await closing(stream);
});

test('what is no regular end of a stream: allowHalfOpen false ends the writable side with the readable', async () => {
  const [here, there] = pair();
  const stream = toDuplex(here, { allowHalfOpen: false });
  stream.resume();
  there.shutdown(SHUT_WR);
  await closing(stream);
  expect(stream.writableFinished).toBe(true);
});

test('encoding makes text of input, and no character is split', async () => {
  const [here, there] = pair();
  const stream = toReadable(here, { encoding: 'utf8', readSize: 1 });
  there.send('ä€😀');
  there.close();
  let text = '';
  for await (const piece of stream) {
    expect(typeof piece).toBe('string');
    text += piece;
  }
  expect(text).toBe('ä€😀');
});

test('a signal destroys the stream, also one that was aborted before', async () => {
  for (const signal of [AbortSignal.abort(), AbortSignal.timeout(20)]) {
    const [here] = pair();
    const stream = toDuplex(here, { signal });
    expect(await closing(stream)).toMatchObject({ name: 'AbortError' });
    expect(here.fileno()).toBe(-1);
  }
});

test('the two ends of a pipe are a Writable and a Readable', async () => {
  const [reader, writer] = pipe();
  const sent = randomBytes(1_000_000);
  const [received] = await Promise.all([readAll(toReadable(reader)), pipeline([sent], toWritable(writer))]);
  expect(received.equals(sent)).toBe(true);
  expect([reader.fd, writer.fd]).toEqual([-1, -1]);
});

test('a write to a pipe without a reader is EPIPE', async () => {
  const [reader, writer] = pipe();
  reader.close();
  const stream = toWritable(writer);
  stream.write('x');
  const [error] = await once(stream, 'error');
  expect(error).toMatchObject({ code: 'EPIPE', syscall: 'write' });
});

test('datagrams: each write is one, and an empty one is no end', async () => {
  const [here, there] = socketpair(AF_UNIX, SOCK_DGRAM);
  const stream = toDuplex(here);
  const received: string[] = [];
  stream.on('data', (data) => received.push(String(data)));
  there.send('one');
  there.send('');
  there.send('two');
  await eventually(() => received.length === 2);
  expect(received).toEqual(['one', 'two']);
  stream.cork();
  stream.write('three');
  stream.write('four');
  stream.uncork();
  const answers: string[] = [];
  await eventually(() => {
    try {
      answers.push(there.recv(100).toString());
    } catch {
      // Not yet.
    }
    return answers.length === 2;
  });
  expect(answers).toEqual(['three', 'four']);
  stream.destroy();
  there.close();
});

test('a source that does not exist is an error at once, and nothing is left', () => {
  expect(() => toDuplex(987654)).toThrow(expect.objectContaining({ code: 'EBADF' }));
  const file = openSync('/dev/null', 'r');
  closeSync(file);
  expect(() => toReadable(file)).toThrow(expect.objectContaining({ code: 'EBADF' }));
  // @ts-expect-error not a source
  expect(() => toDuplex({})).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARG_TYPE' }));
  // @ts-expect-error not an option
  expect(() => toDuplex(0, { readSize: 'x' })).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARG_TYPE' }));
});

test('a Socket that somebody else closes ends its stream with EBADF', async () => {
  const [here] = pair();
  const stream = toDuplex(here);
  stream.resume();
  await sleep(10);
  here.close();
  expect(await closing(stream)).toMatchObject({ code: 'EBADF' });
});

test('an error that a listener throws is an uncaught exception, and the others are served', async () => {
  const [one, two] = [pair(), pair()];
  const bad = toDuplex(one[0]);
  const good = toDuplex(two[0]);
  bad.on('data', () => {
    throw new Error('of a listener');
  });
  let received = '';
  good.on('data', (data) => {
    received += data;
  });
  const uncaught: unknown[] = [];
  const hear = (error: unknown) => uncaught.push(error);
  const before = process.rawListeners('uncaughtException');
  process.removeAllListeners('uncaughtException');
  process.on('uncaughtException', hear);
  onTestFinished(() => {
    process.off('uncaughtException', hear);
    for (const listener of before) process.on('uncaughtException', (...args) => Reflect.apply(listener, process, args));
  });
  one[1].send('x');
  two[1].send('x');
  await eventually(() => uncaught.length > 0 && received === 'x');
  expect(uncaught).toEqual([expect.objectContaining({ message: 'of a listener' })]);
  bad.destroy();
  good.destroy();
});

describe.each(BACKENDS)('a channel that becomes a stream (%s)', (backend) => {
  test('sends first what it had queued, and reads first what it had not used', async () => {
    const [here, there] = pair();
    here.setsockopt(SOL_SOCKET, SO_SNDBUF, 4096);
    let stream: Duplex | undefined;
    class Upgrade extends AsyncChat {
      override collectIncomingData() {}
      override foundTerminator() {
        this.push(Buffer.alloc(300_000, 'q'));
        stream = toDuplex(this);
        stream.write('behind');
      }
    }
    const chat = served(backend, (map) => {
      const made = new Upgrade(here, map);
      made.setTerminator('\n');
      return made;
    });
    const peer = toDuplex(there);
    peer.write('upgrade\nand more');
    const received: Buffer[] = [];
    peer.on('data', (data) => received.push(data));
    const length = () => received.reduce((sum, data) => sum + data.length, 0);
    await eventually(() => length() === 300_006);
    const all = Buffer.concat(received).toString();
    expect(all.slice(-8)).toBe('qqbehind');
    if (stream === undefined) throw new Error('no stream');
    expect(String((await once(stream, 'data'))[0])).toBe('and more');
    expect(chat.acInBuffer.length).toBe(0);
    stream.destroy();
    expect(here.fileno()).toBe(-1);
    peer.destroy();
  });

  test('asks to be read only while the stream has room', async () => {
    const [here, there] = pair();
    const channel = served(backend, (map) => new DispatcherWithSend(here, map));
    const stream = toDuplex(channel);
    expect(channel.readable()).toBe(false);
    expect(channel.writable()).toBe(false);
    stream.read(0);
    expect(channel.readable()).toBe(true);
    const piece = Buffer.alloc(65536);
    try {
      for (;;) there.send(piece);
    } catch {
      // The system takes no more.
    }
    await eventually(() => stream.readableLength >= stream.readableHighWaterMark);
    expect(channel.readable()).toBe(false);
    stream.resume();
    await eventually(() => channel.readable());
    stream.destroy();
  });

  test('is closed by close(), from whom it may come, and the stream with it', async () => {
    const [here] = pair();
    const channel = served(backend, (map) => new Dispatcher(here, map));
    const stream = toDuplex(channel);
    stream.resume();
    await sleep(5);
    channel.close();
    expect(await closing(stream)).toBeUndefined();
    expect(here.fileno()).toBe(-1);
  });

  test('is not held up by the async handler in which it becomes one', async () => {
    const [here, there] = pair();
    let answer = '';
    class Talk extends AsyncChat {
      override collectIncomingData() {}
      override async foundTerminator() {
        const stream = toDuplex(this);
        stream.write('go on');
        const [data] = await once(stream, 'data');
        answer = String(data);
        stream.destroy();
      }
    }
    served(backend, (map) => {
      const made = new Talk(here, map);
      made.setTerminator('\n');
      return made;
    });
    there.send('go\n');
    const peer = toDuplex(there);
    await once(peer, 'data');
    peer.write('answered');
    await eventually(() => answer === 'answered');
    peer.destroy();
  });

  test('cannot become one twice, nor unconnected, nor when it is about to close', () => {
    const [here] = pair();
    const map = new Map();
    const chat = new AsyncChat(here, map);
    const stream = toDuplex(chat);
    expect(() => toReadable(chat)).toThrow(expect.objectContaining({ code: 'ERR_CHANNEL_IN_USE' }));
    stream.destroy();
    const fresh = new Dispatcher(null, map);
    expect(() => toDuplex(fresh)).toThrow(expect.objectContaining({ code: 'ERR_NO_SOCKET' }));
    fresh.createSocket(AF_INET);
    expect(() => toDuplex(fresh)).toThrow(expect.objectContaining({ code: 'ERR_NOT_CONNECTED' }));
    fresh.close();
    const [again] = pair();
    const closing = new AsyncChat(again, map);
    closing.connected = false;
    closing.push('x');
    closing.closeWhenDone();
    closing.connected = true;
    expect(() => toDuplex(closing)).toThrow(expect.objectContaining({ code: 'ERR_CHANNEL_CLOSING' }));
    closing.close();
  });
});

test('a UNIX socket by its path, both ends in streams', async () => {
  const path = temporaryPath();
  const listener = new Socket(AF_UNIX);
  listener.bind(path);
  listener.listen();
  const client = new Socket(AF_UNIX);
  client.connect(path);
  const [server] = listener.accept();
  listener.close();
  const [a, b] = [toDuplex(client), toDuplex(server)];
  a.end('hello');
  const [, received] = await Promise.all([pipeline(b, b), readAll(a)]);
  expect(received.toString()).toBe('hello');
});
