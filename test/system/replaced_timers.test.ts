// Programs replace Node's timers, those of the module too (fake timers, instrumentation): what has a time
// limit keeps it.
import { syncBuiltinESMExports } from 'node:module';
import timers from 'node:timers';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createConnection } from '../../lib/index.ts';
import { chunks, sockRecv, sockSendto, waitReadable } from '../../lib/promises.ts';
import { AF_INET, AF_UNIX, SOCK_DGRAM, Socket, socketpair } from '../../lib/socket.ts';
import { toDuplex } from '../../lib/stream.ts';
import { temporaryPath } from '../support/matrix.ts';
import { listening } from '../support/pair.ts';

const { setTimeout } = timers;
let sock: Socket;
let peer: Socket;

function replace(value: unknown): void {
  Reflect.set(globalThis, 'setTimeout', value);
  Reflect.set(timers, 'setTimeout', value);
  syncBuiltinESMExports();
}

beforeEach(() => {
  [sock, peer] = socketpair();
  replace(() => ({ unref() {}, refresh() {} }));
});

afterEach(() => {
  replace(setTimeout);
  for (const each of [sock, peer]) each.close();
});

/** What it comes to, before five seconds have passed. */
function soon(promise: Promise<unknown>): Promise<unknown> {
  const late = new Promise((settle) => setTimeout(settle, 5000, 'late').unref());
  return Promise.race([promise.catch((error: unknown) => error), late]);
}

test('a wait, a call and an iteration end in time', async () => {
  const limits = { timeout: 0.02 };
  const timedOut = expect.objectContaining({ code: 'ETIMEDOUT' });
  expect(await soon(waitReadable(sock, limits))).toEqual(timedOut);
  expect(await soon(sockRecv(sock, 1, limits))).toEqual(timedOut);
  expect(await soon(chunks(sock, limits).next())).toEqual(timedOut);
});

test('createConnection() ends in time', async () => {
  const listener = listening({ family: AF_INET, address: () => ['127.0.0.1', 0] }, 0);
  const address = listener.getsockname();
  // As long as there is room for a connection, they are made at once.
  const clients: Socket[] = [];
  for (let i = 0; i < 3; i++) {
    const client = new Socket(AF_INET);
    client.connectEx(address);
    clients.push(client);
  }
  const result = await soon(createConnection(address, { timeout: 0.02 }));
  expect(result).toMatchObject({ code: 'ETIMEDOUT' });
  for (const each of [listener, ...clients]) each.close();
});

test("a stream's setTimeout() is kept", async () => {
  const stream = toDuplex(sock);
  expect(await soon(new Promise((settle) => stream.setTimeout(20, () => settle('timeout'))))).toBe('timeout');
  stream.destroy();
});

test('a call that is tried again and again goes on', async () => {
  const here = new Socket(AF_UNIX, SOCK_DGRAM);
  const there = new Socket(AF_UNIX, SOCK_DGRAM);
  const address = temporaryPath();
  there.bind(address);
  expect(() => {
    for (;;) here.sendto('x', address);
  }).toThrow(expect.objectContaining({ code: 'EAGAIN' }));
  const sending = soon(sockSendto(here, 'y', address));
  // By then it rests after each attempt.
  await new Promise((settle) => setTimeout(settle, 200));
  there.recv(1);
  expect(await sending).toBe(1);
  for (const each of [here, there]) each.close();
});
