// 'asyncore/promises': waits and asyncio's calls, and that a wait which ends early leaves nothing behind.

import { closeSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { FileWrapper, pipe } from '../../lib/index.ts';
import {
  sockAccept,
  sockConnect,
  sockRecv,
  sockRecvfrom,
  sockRecvInto,
  sockSendall,
  sockSendto,
  waitReadable,
  waitWritable,
} from '../../lib/promises.ts';
import { select } from '../../lib/select.ts';
import { AF_INET, AF_UNIX, SOCK_DGRAM, Socket, socketpair } from '../../lib/socket.ts';
import { openDescriptors, threads } from '../support/descriptors.ts';
import { FAMILIES, temporaryPath } from '../support/matrix.ts';
import { fill, listening } from '../support/pair.ts';
import { eventually } from '../support/wait.ts';

/** The threads that wait for this environment. */
function waiterThreads(): string[] {
  return readdirSync('/proc/self/task').filter((id) => {
    try {
      return readFileSync(`/proc/self/task/${id}/comm`, 'utf8') === 'asyncore\n';
    } catch {
      // It has ended.
      return false;
    }
  });
}

function pair(type?: number): [Socket, Socket] {
  const both = socketpair(AF_UNIX, type);
  onTestFinished(() => {
    for (const sock of both) sock.close();
  });
  return both;
}

test('waitReadable() and waitWritable() take what select() takes, and wait', async () => {
  const [reader, writer] = pipe();
  for (const file of [reader, reader.fd]) {
    let isReady = false;
    const wait = waitReadable(file).then(() => {
      isReady = true;
    });
    await waitWritable(writer);
    await sleep(10);
    expect(isReady).toBe(false);
    writer.write('x');
    await wait;
    reader.recv(1);
  }
  writer.close();
  await waitReadable(reader);
  reader.close();
});

test('several may wait for one descriptor, each in its way', async () => {
  const [here, there] = pair();
  const order: string[] = [];
  const note = (name: string) => () => order.push(name);
  const waits = [
    waitReadable(here).then(note('first')),
    waitReadable(here.fileno()).then(note('second')),
    waitWritable(here).then(note('writable')),
    sockRecv(here, 10).then((data) => order.push(String(data))),
  ];
  await eventually(() => order.length === 1);
  there.send('data');
  await Promise.all(waits);
  expect(order).toEqual(['writable', 'first', 'second', 'data']);
});

describe.each(FAMILIES)('over $name', ({ family, address }) => {
  test('sockConnect(), sockAccept(), sockSendall() and sockRecv() carry 2 MB', async () => {
    const listener = listening({ family, address });
    const client = new Socket(family);
    const accepting = sockAccept(listener);
    await sockConnect(client, listener.getsockname());
    const [server] = await accepting;
    const sent = Buffer.alloc(2_000_000, 'abcdefg');
    const sending = sockSendall(client, sent).then(() => client.close());
    const pieces: Buffer[] = [];
    for (;;) {
      const piece = await sockRecv(server, 65536);
      if (piece.length === 0) break;
      pieces.push(piece);
    }
    await sending;
    expect(Buffer.concat(pieces).equals(sent)).toBe(true);
    server.close();
    listener.close();
  });
});

test('sockConnect() resolves names and reports a refusal, after which the socket can connect again', async () => {
  const listener = listening({ family: AF_INET, address: () => ['127.0.0.1', 0] });
  const [, port] = listener.getsockname();
  listener.close();
  const client = new Socket(AF_INET);
  await expect(sockConnect(client, ['localhost.', Number(port)])).rejects.toMatchObject({
    code: expect.stringMatching(/ECONNREFUSED|ENOTFOUND|EAI_AGAIN/),
  });
  await expect(sockConnect(client, ['127.0.0.1', Number(port)])).rejects.toMatchObject({
    code: 'ECONNREFUSED',
    syscall: 'connect',
    port: Number(port),
  });
  const again = listening({ family: AF_INET, address: () => ['127.0.0.1', 0] });
  await sockConnect(client, again.getsockname());
  expect(client.getpeername()).toEqual(again.getsockname());
  client.close();
  again.close();
});

test('sockRecvInto(), sockSendto() and sockRecvfrom()', async () => {
  const [here, there] = pair();
  const view = new Uint8Array(10);
  const receiving = sockRecvInto(here, view);
  there.send('abc');
  expect(await receiving).toBe(3);
  expect(Buffer.from(view).toString('utf8', 0, 3)).toBe('abc');
  const [a, b] = [new Socket(AF_INET, SOCK_DGRAM), new Socket(AF_INET, SOCK_DGRAM)];
  for (const sock of [a, b]) sock.bind(['127.0.0.1', 0]);
  const coming = sockRecvfrom(b, 100);
  expect(await sockSendto(a, 'hello', b.getsockname())).toBe(5);
  expect(await coming).toEqual([Buffer.from('hello'), a.getsockname()]);
  a.close();
  b.close();
});

/** Every call, waiting for what does not come. */
function waiting(): [name: string, wait: (options: { signal?: AbortSignal; timeout?: number }) => Promise<unknown>][] {
  const [here] = pair();
  const [full] = pair();
  fill(full);
  const listener = listening({ family: AF_INET, address: () => ['127.0.0.1', 0] });
  const datagrams = pair(SOCK_DGRAM);
  // Its backlog is full: the system drops what comes then, and connecting goes on and on.
  const busy = listening({ family: AF_INET, address: () => ['127.0.0.1', 0] }, 0);
  const clients = [new Socket(AF_INET), new Socket(AF_INET), new Socket(AF_INET)];
  for (const client of clients.slice(0, 2)) client.connectEx(busy.getsockname());
  onTestFinished(() => {
    for (const sock of [listener, busy, ...clients]) sock.close();
  });
  return [
    ['waitReadable', (options) => waitReadable(here, options)],
    ['waitReadable, a number', (options) => waitReadable(here.fileno(), options)],
    ['waitWritable', (options) => waitWritable(full, options)],
    ['sockRecv', (options) => sockRecv(here, 10, options)],
    ['sockRecvInto', (options) => sockRecvInto(here, new Uint8Array(1), options)],
    ['sockRecvfrom', (options) => sockRecvfrom(datagrams[0], 10, options)],
    ['sockSendall', (options) => sockSendall(full, 'xyz', options)],
    ['sockAccept', (options) => sockAccept(listener, options)],
    ['sockConnect', (options) => sockConnect(clients[2] ?? listener, busy.getsockname(), options)],
  ];
}

test('a time ends every wait, not earlier, with a TimeoutError', async () => {
  for (const [name, wait] of waiting()) {
    const start = performance.now();
    await expect(wait({ timeout: 0.03 }), name).rejects.toMatchObject({ name: 'TimeoutError', code: 'ETIMEDOUT' });
    expect(performance.now() - start, name).toBeGreaterThanOrEqual(29);
  }
});

test('when waits end early, no descriptor stays open in the thread that waited, and no thread stays', async () => {
  const path = '/dev/ptmx';
  const before = openDescriptors();
  for (let i = 0; i < 20; i++) {
    const fd = openSync(path, 'r+');
    await expect(waitReadable(fd, { timeout: 0.001 })).rejects.toMatchObject({ code: 'ETIMEDOUT' });
    closeSync(fd);
  }
  const left = [...openDescriptors()].filter(([fd, what]) => before.get(fd) !== what);
  expect(left).toEqual([]);
  // It goes a second after the last wait.
  const { length } = waiterThreads();
  expect(length).toBeLessThanOrEqual(1);
  await eventually(() => waiterThreads().length === 0, 'the waiting thread stayed');
});

test('a closed socket ends its wait with EBADF, even if its number is in use again', async () => {
  const [here] = pair();
  const wait = sockRecv(here, 10).catch((error: unknown) => error);
  const number = waitReadable(here).catch((error: unknown) => error);
  await sleep(5);
  here.close();
  const [again] = pair();
  expect(again.fileno()).toBeGreaterThan(-1);
  expect(await wait).toMatchObject({ code: 'EBADF' });
  expect(await number).toMatchObject({ code: 'EBADF' });
  await expect(waitReadable(987654)).rejects.toMatchObject({ code: 'EBADF' });
});

test('sockSendto() to a peer that is full looks now and then, although poll() always sees room', async () => {
  const [here, there] = [new Socket(AF_UNIX, SOCK_DGRAM), new Socket(AF_UNIX, SOCK_DGRAM)];
  const path = temporaryPath();
  there.bind(path);
  expect(() => {
    for (;;) here.sendto('x', path);
  }).toThrow(expect.objectContaining({ code: 'EAGAIN' }));
  const sendto = vi.spyOn(here, 'sendto');
  const sending = sockSendto(here, 'last', path);
  await sleep(200);
  // Without pauses, thousands.
  expect(sendto.mock.calls.length).toBeLessThan(100);
  for (let i = 0; i < 5; i++) there.recv(1);
  expect(await sending).toBe(4);
  here.close();
  there.close();
});

test.each(['a file', 'an object'])(
  'a peer that sends all the time lets timers and others have their turn: %s',
  async (what) => {
    const file = openSync('/dev/zero', 'r');
    let isOver = false;
    setTimeout(() => {
      isOver = true;
    }, 20);
    const start = performance.now();
    const zeros = new FileWrapper(file);
    const source = what === 'a file' ? zeros : { fileno: () => file, recv: (size: number) => zeros.recv(size) };
    while (!isOver && performance.now() - start < 5000) await sockRecv(source, 1000);
    expect(isOver).toBe(true);
    zeros.close();
    closeSync(file);
  },
);

test('waits share one thread with select() and loops', async () => {
  const pairs = Array.from({ length: 30 }, () => pair());
  const before = threads();
  const waits = pairs.slice(1).map(([here]) => sockRecv(here, 10));
  const selecting = select([pairs[0]?.[0] ?? 0], [], []);
  await sleep(20);
  expect(threads()).toBeLessThanOrEqual(before + 1);
  for (const [, there] of pairs) there.send('x');
  await Promise.all([...waits, selecting]);
});

test('wrong arguments are refused', async () => {
  const [here] = pair();
  // @ts-expect-error not a signal
  await expect(sockRecv(here, 10, { signal: 1 })).rejects.toMatchObject({ code: 'ERR_INVALID_ARG_TYPE' });
  await expect(sockRecv(here, 10, { timeout: -1 })).rejects.toMatchObject({ code: 'ERR_OUT_OF_RANGE' });
  await expect(sockRecv(here, -1)).rejects.toMatchObject({ code: 'ERR_OUT_OF_RANGE' });
  // @ts-expect-error not a descriptor
  await expect(waitReadable('x')).rejects.toMatchObject({ code: 'ERR_INVALID_ARG_TYPE' });
});
