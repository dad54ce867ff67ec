// createConnection(): a connected socket, or the reason why there is none, without a loop of the user's.
import dns from 'node:dns';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { createConnection, createServer, loop } from '../../lib/index.ts';
import { AF_INET, Socket } from '../../lib/socket.ts';
import { openDescriptors } from '../support/descriptors.ts';
import { FAMILIES, temporaryPath } from '../support/matrix.ts';
import { listening } from '../support/pair.ts';

const { lookup } = dns.promises;
afterEach(() => Reflect.set(dns.promises, 'lookup', lookup));

/** Answers for the resolver from now on. */
function resolveWith(answer: () => Promise<unknown>) {
  const fake = vi.fn(answer);
  Reflect.set(dns.promises, 'lookup', fake);
  return fake;
}

describe.each(FAMILIES)('$name', (family) => {
  test('resolves with a connected socket', async () => {
    const listener = listening(family);
    const socket = await createConnection(listener.getsockname());
    expect(socket).toBeInstanceOf(Socket);
    expect(socket.getpeername()).toEqual(listener.getsockname());
    const [served] = listener.accept();
    socket.send('hello');
    expect(served.recv(10).toString()).toBe('hello');
    for (const each of [socket, served, listener]) each.close();
  });

  test('rejects when nobody listens, and leaves nothing open', async () => {
    const listener = listening(family);
    const address = listener.getsockname();
    listener.close();
    const before = openDescriptors().size;
    await expect(createConnection(address)).rejects.toMatchObject({ code: 'ECONNREFUSED', syscall: 'connect' });
    expect(openDescriptors().size).toBe(before);
  });
});

test('from an address of its own', async () => {
  const listener = listening({ family: AF_INET, address: () => ['127.0.0.1', 0] });
  const socket = await createConnection(listener.getsockname(), { localAddress: ['127.0.0.9', 0] });
  expect(socket.getsockname()[0]).toBe('127.0.0.9');
  socket.close();
  listener.close();
});

test('the addresses of a name are tried one after the other', async () => {
  const listener = listening({ family: AF_INET, address: () => ['127.0.0.1', 0] });
  const port = Number(listener.getsockname()[1]);
  const asked = resolveWith(async () => [
    { address: '::1', family: 6 },
    { address: '127.0.0.2', family: 4 },
    { address: '127.0.0.1', family: 4 },
  ]);
  const socket = await createConnection(['many.test', port]);
  expect(asked).toHaveBeenCalledWith('many.test', expect.objectContaining({ all: true, family: 0 }));
  expect(socket.getpeername()).toEqual(['127.0.0.1', port]);
  socket.close();
  listener.close();
  await expect(createConnection(['many.test', port])).rejects.toMatchObject({
    code: 'ECONNREFUSED',
    address: '127.0.0.1',
  });
  asked.mockRejectedValueOnce(Object.assign(new Error('unknown'), { code: 'ENOTFOUND' }));
  await expect(createConnection(['many.test', port])).rejects.toMatchObject({ code: 'ENOTFOUND' });
});

/** A listener that takes no more connections, so that the next one waits. */
async function full(): Promise<[address: [string, number], close: () => void]> {
  const listener = listening({ family: AF_INET, address: () => ['127.0.0.1', 0] }, 0);
  const address: [string, number] = ['127.0.0.1', Number(listener.getsockname()[1])];
  const open = [listener];
  for (let i = 0; i < 3; i++) {
    const sock = new Socket();
    sock.connectEx(address);
    open.push(sock);
  }
  const close = () => {
    for (const each of open) each.close();
  };
  return [address, close];
}

test('gives up after the timeout, or when told to', async () => {
  const [address, close] = await full();
  const before = openDescriptors().size;
  await expect(createConnection(address, { timeout: 0.05 })).rejects.toMatchObject({
    code: 'ETIMEDOUT',
    syscall: 'connect',
    address: '127.0.0.1',
  });
  const controller = new AbortController();
  const connecting = createConnection(address, { signal: controller.signal });
  controller.abort(new Error('enough'));
  await expect(connecting).rejects.toThrow('enough');
  await expect(createConnection(address, { signal: controller.signal })).rejects.toThrow('enough');
  resolveWith(() => new Promise(() => {}));
  await expect(createConnection(['slow.test', 1], { timeout: 0.05 })).rejects.toMatchObject({ code: 'ETIMEDOUT' });
  expect(openDescriptors().size).toBe(before);
  close();
});

test('many at once, beside a loop of the user', async () => {
  const map = new Map();
  const accepted: Socket[] = [];
  const server = createServer(['127.0.0.1', 0], { map }, (socket) => accepted.push(socket));
  const serving = loop({ map });
  const sockets = await Promise.all(Array.from({ length: 50 }, () => createConnection(server.getsockname())));
  await expect.poll(() => accepted.length, { timeout: 5000 }).toBe(50);
  for (const each of [...sockets, ...accepted]) each.close();
  server.close();
  await serving;
});

test('wrong arguments are refused', async () => {
  await expect(Reflect.apply(createConnection, undefined, [7])).rejects.toMatchObject({ code: 'ERR_INVALID_ARG_TYPE' });
  await expect(Reflect.apply(createConnection, undefined, ['path', null])).rejects.toMatchObject({
    code: 'ERR_INVALID_ARG_TYPE',
  });
  await expect(createConnection(temporaryPath(), { timeout: -1 })).rejects.toMatchObject({ code: 'ERR_OUT_OF_RANGE' });
  await expect(createConnection(temporaryPath())).rejects.toMatchObject({ code: 'ENOENT' });
});
