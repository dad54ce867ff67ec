// The Web Streams twins: bytes both ways, back-pressure, and each side's end.
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Dispatcher, DispatcherWithSend, pipe } from '../../lib/index.ts';
import { socketpair } from '../../lib/socket.ts';
import { toDuplex, toReadableStream, toReadableWritablePair, toWritableStream } from '../../lib/stream.ts';
import { readAll, served } from '../support/streams.ts';
import { eventually } from '../support/wait.ts';

test('a pipe as a WritableStream and a ReadableStream, piped', async () => {
  const [reader, writer] = pipe();
  const [here, there] = socketpair();
  const sent = randomBytes(3_000_000);
  const received: Uint8Array[] = [];
  const forwarded = toReadableStream(reader).pipeTo(toWritableStream(here));
  const read = (async () => {
    for await (const piece of toReadableStream(there)) received.push(piece);
  })();
  const into = toWritableStream(writer).getWriter();
  for (let at = 0; at < sent.length; at += 100_000) await into.write(sent.subarray(at, at + 100_000));
  await into.close();
  await Promise.all([forwarded, read]);
  expect(Buffer.concat(received).equals(sent)).toBe(true);
  expect([reader.fd, writer.fd, here.fileno(), there.fileno()]).toEqual([-1, -1, -1, -1]);
});

test('a ReadableStream reads no more than is asked for, and small pieces are not taken away from others', async () => {
  const [here, there] = socketpair();
  const stream = toReadableStream(here, { highWaterMark: 1000, readSize: 1000 });
  const peer = toDuplex(there);
  peer.write(Buffer.alloc(5_000_000));
  await sleep(50);
  expect(peer.writableLength).toBeGreaterThan(4_000_000);
  const reader = stream.getReader({ mode: 'byob' });
  let count = 0;
  while (count < 5_000_000) {
    const { value } = await reader.read(new Uint8Array(65536));
    count += value?.length ?? 0;
  }
  peer.end('x');
  expect((await reader.read(new Uint8Array(10))).value).toEqual(Uint8Array.of(0x78));
  expect((await reader.read(new Uint8Array(10))).done).toBe(true);
  peer.destroy();
});

test('a pair ends one side and goes on with the other, and is closed when both are over', async () => {
  const [here, there] = socketpair();
  const { readable, writable } = toReadableWritablePair(here);
  const peer = toDuplex(there);
  const writer = writable.getWriter();
  await writer.write('text');
  await writer.close();
  expect((await readAll(peer)).toString()).toBe('text');
  peer.end('answer');
  let text = '';
  for await (const piece of readable) text += Buffer.from(piece).toString();
  expect(text).toBe('answer');
  await eventually(() => here.fileno() === -1);
});

test('cancel() and abort() close, and errors arrive on both sides', async () => {
  const [a, b] = socketpair();
  await toReadableStream(a).cancel();
  expect(a.fileno()).toBe(-1);
  const broken = toWritableStream(b).getWriter();
  broken.closed.catch(() => {});
  await expect(broken.write('x').then(() => broken.write('y'))).rejects.toMatchObject({ code: 'EPIPE' });
  await eventually(() => b.fileno() === -1);

  const [c, d] = socketpair();
  const pair = toReadableWritablePair(c);
  const peer = toDuplex(d);
  const reader = pair.readable.getReader();
  const read = reader.read();
  read.catch(() => {});
  await pair.writable.abort(new Error('enough'));
  await expect(read).rejects.toThrow('enough');
  expect(c.fileno()).toBe(-1);
  peer.resume();
  await once(peer, 'end');
  peer.destroy();

  const [e, f] = socketpair();
  const other = toReadableWritablePair(e);
  await other.readable.cancel();
  await other.writable.close();
  await eventually(() => e.fileno() === -1);
  f.close();
});

test('an error before the first read is that of the stream, and nobody else hears of it', async () => {
  const lost: unknown[] = [];
  const hear = (error: unknown) => lost.push(error);
  process.on('uncaughtException', hear);
  const [here, there] = socketpair();
  const channel = served('poll', (map) => new Dispatcher(here, map));
  channel.setTimeout('idle', 0.01);
  const late = toReadableStream(channel).getReader();
  await expect(late.closed).rejects.toMatchObject({ code: 'ETIMEDOUT' });
  await expect(late.read()).rejects.toMatchObject({ code: 'ETIMEDOUT' });
  expect(here.fileno()).toBe(-1);
  const aborted = toReadableStream(there, { signal: AbortSignal.abort() });
  await sleep(10);
  await expect(aborted.getReader().read()).rejects.toMatchObject({ code: 'ABORT_ERR' });
  expect(there.fileno()).toBe(-1);
  process.off('uncaughtException', hear);
  expect(lost).toEqual([]);
});

test.each([0, 20])(
  'close() rejects if the channel closes %d ms later, before all that it had queued was sent',
  async (time) => {
    const [here, there] = socketpair();
    const channel = served('poll', (map) => new DispatcherWithSend(here, map));
    channel.send(Buffer.alloc(10_000_000));
    const writer = toWritableStream(channel).getWriter();
    writer.closed.catch(() => {});
    const closing = writer.close();
    if (time > 0) await sleep(time);
    channel.close();
    await expect(closing).rejects.toMatchObject({ code: 'ERR_STREAM_DESTROYED' });
    there.close();
  },
);
