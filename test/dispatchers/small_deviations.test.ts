// The small differences from CPython (the second table of docs/deviations.md), each seen to be there,
// and those of the first table that have no file of their own.
import { closeSync, openSync } from 'node:fs';
import { expect, test } from 'vitest';
import {
  AsyncChat,
  type ChannelMap,
  closeAll,
  compactTraceback,
  Dispatcher,
  DispatcherWithSend,
  FileDispatcher,
  FileWrapper,
  loop,
  loopSync,
  pipe,
} from '../../lib/index.ts';
import { POLLOUT, Poll, select, selectSync } from '../../lib/select.ts';
import { AF_INET6, AF_UNIX, SO_ERROR, SOCK_DGRAM, SOL_SOCKET, Socket, socketpair } from '../../lib/socket.ts';
import { systemFailure } from '../support/failure.ts';
import { FAMILIES, passesUntil, temporaryPath, WAYS } from '../support/matrix.ts';
import { connectedPair, listening } from '../support/pair.ts';

const UNIX = { family: AF_UNIX, address: temporaryPath };

/** The code of what `call` throws. */
function codeOf(call: () => unknown): unknown {
  try {
    call();
  } catch (error) {
    return error instanceof Error && 'code' in error ? error.code : error;
  }
  return 'nothing was thrown';
}

test.each(FAMILIES)('an accepted socket is non-blocking from the start ($name)', (family) => {
  const [client, served] = connectedPair(family);
  expect(served.getBlocking()).toBe(false);
  client.close();
  served.close();
});

test('recv(0), and recvInto() of an empty view, are not the end of input', () => {
  const [here, there] = socketpair();
  const map: ChannelMap = new Map();
  const channel = new Dispatcher(here, map);
  there.send('x');
  expect(channel.recv(0)).toHaveLength(0);
  expect(channel.recvInto(new Uint8Array(0))).toBe(0);
  expect(channel.connected).toBe(true);
  closeAll(map);
  there.close();
});

for (const way of WAYS) {
  for (const { name, family, address } of FAMILIES) {
    test(`an empty datagram reaches handleRead as data (${name}, ${way.name})`, async () => {
      const map: ChannelMap = new Map();
      const sizes: number[] = [];
      class Receiver extends Dispatcher {
        override handleRead() {
          sizes.push(this.recv(100).length);
        }
        override writable() {
          return false;
        }
      }
      const receiver = new Receiver(null, map);
      receiver.createSocket(family, SOCK_DGRAM);
      receiver.bind(address());
      const sender = new Socket(family, SOCK_DGRAM);
      for (const data of ['', 'abc', '']) sender.sendto(data, receiver.socket?.getsockname() ?? '');
      await passesUntil(way, () => sizes.length === 3, map);
      expect(sizes).toEqual([0, 3, 0]);
      expect(map.size).toBe(1);
      closeAll(map);
      sender.close();
    });
  }
}

test('DispatcherWithSend.send() returns how many bytes wait', () => {
  const [here, there] = socketpair();
  const map: ChannelMap = new Map();
  const channel = new DispatcherWithSend(here, map);
  expect(channel.send('sent at once')).toBe(0);
  const most = 16 << 20;
  const waiting = channel.send(Buffer.alloc(most));
  expect(waiting).toBeGreaterThan(0);
  expect(waiting).toBe(channel.outBuffer.length);
  closeAll(map);
  there.close();
});

test('connecting to a UNIX listener with a full backlog throws EAGAIN, and the channel may try again', () => {
  const listener = listening(UNIX, 0);
  const map: ChannelMap = new Map();
  const attempt = () => {
    const channel = new Dispatcher(null, map);
    channel.createSocket(AF_UNIX);
    channel.connect(listener.getsockname());
  };
  let code: unknown = 'nothing was thrown';
  for (let i = 0; i < 10 && code === 'nothing was thrown'; i++) code = codeOf(attempt);
  expect(code).toBe('EAGAIN');
  expect([...map.values()].at(-1)).toMatchObject({ connected: false, connecting: false });
  closeAll(map);
  listener.close();
});

for (const way of WAYS) {
  test(`a rejection of an async handler goes to handleError (${way.name})`, async () => {
    const [here, there] = socketpair();
    const map: ChannelMap = new Map();
    let caught: unknown;
    class Failing extends Dispatcher {
      override async handleRead() {
        this.recv(10);
        await Promise.resolve();
        throw new Error('later');
      }
      override writable() {
        return false;
      }
      override handleError(error: unknown) {
        caught = error;
      }
    }
    new Failing(here, map);
    there.send('x');
    await passesUntil(way, () => caught !== undefined, map);
    expect(caught).toMatchObject({ message: 'later' });
    closeAll(map);
    there.close();
  });
}

test('an EAGAIN that leaves handleRead is no error of the channel', async () => {
  const [here, there] = socketpair();
  const map: ChannelMap = new Map();
  class Greedy extends Dispatcher {
    override handleRead() {
      for (;;) this.recv(1);
    }
    override writable() {
      return false;
    }
  }
  const channel = new Greedy(here, map);
  there.send('abc');
  loopSync({ map, count: 1, timeout: 1 });
  expect(channel.connected).toBe(true);
  closeAll(map);
  there.close();
});

test('a send without memory counts as a full buffer, and a connection that is already gone is ignored', () => {
  class Poor extends Socket {
    override send(): never {
      throw systemFailure('ENOBUFS', 'send');
    }
    override accept(): never {
      throw systemFailure('EPROTO', 'accept');
    }
  }
  const map: ChannelMap = new Map();
  const channel = new Dispatcher(new Poor(), map);
  expect(channel.send('data')).toBe(0);
  expect(channel.accept()).toBe(null);
  expect(map.size).toBe(1);
  closeAll(map);
});

test('an unhandled error is logged in one line, without a word about Python', () => {
  const lines: unknown[] = [];
  class Quiet extends Dispatcher {
    override logInfo(message: unknown, type: string) {
      lines.push(`${type}: ${message}`);
    }
  }
  new Quiet(null, new Map()).handleError(new TypeError('wrong'));
  expect(lines).toEqual([
    expect.stringMatching(/^error: uncaptured exception, closing channel <Quiet> \(TypeError:wrong \[.*\]\)$/),
    'warning: unhandled close event',
  ]);
});

test('a connection on which handleAccepted() throws is closed', async () => {
  const map: ChannelMap = new Map();
  let taken: Socket | undefined;
  class Server extends Dispatcher {
    override handleAccepted(sock: Socket) {
      taken = sock;
      throw new Error('not today');
    }
    override handleError() {}
  }
  const server = new Server(null, map);
  server.createSocket(AF_UNIX);
  server.bind(temporaryPath());
  server.listen(5);
  const client = new Socket(AF_UNIX);
  client.connect(server.socket?.getsockname() ?? '');
  loopSync({ map, count: 1, timeout: 1 });
  expect(taken?.fileno()).toBe(-1);
  closeAll(map);
  client.close();
});

test("only connect() takes host names, and localhost is the loopback of the socket's family", () => {
  const four = new Socket();
  expect(codeOf(() => four.bind(['host.invalid', 0]))).toBe('ERR_INVALID_ARG_VALUE');
  four.bind(['localhost', 0]);
  expect(four.getsockname()).toEqual(['127.0.0.1', expect.any(Number)]);
  const six = new Socket(AF_INET6);
  six.bind(['localhost', 0]);
  expect(six.getsockname()[0]).toBe('::1');
  four.close();
  six.close();
});

test('a call that a channel does not support throws an Error with a code', () => {
  const map: ChannelMap = new Map();
  expect(codeOf(() => new Dispatcher(null, map).listen(5))).toBe('ERR_NO_SOCKET');
  expect(codeOf(() => new AsyncChat(null, map).getTerminator())).toBe('ERR_NO_TERMINATOR');
  const [reader, writer] = pipe();
  const file = new FileDispatcher(reader, map);
  expect(codeOf(() => file.bind(['', 0]))).toBe('ERR_NOT_A_SOCKET');
  expect(codeOf(() => reader.getsockopt(SOL_SOCKET, SO_ERROR + 1))).toBe('ERR_METHOD_NOT_IMPLEMENTED');
  closeAll(map);
  reader.close();
  writer.close();
});

test('compactTraceback() takes the error, and throws ERR_ASSERTION if that has no stack', () => {
  const [[file], type, value, info] = compactTraceback(new TypeError('wrong'));
  expect(file).toContain('small_deviations.test.ts');
  expect([type, value]).toEqual(['TypeError', new TypeError('wrong')]);
  expect(info).toMatch(/^\[.*\]$/);
  expect(codeOf(() => compactTraceback('a string'))).toBe('ERR_ASSERTION');
});

test('one recv() returns at most 1 MiB', () => {
  const zero = openSync('/dev/zero', 'r');
  const file = new FileWrapper(zero);
  closeSync(zero);
  expect(file.recv(2 << 20)).toHaveLength(1 << 20);
  file.close();
});

test('a map holds integer keys only, and a loop takes only a Map', async () => {
  const map: ChannelMap = new Map();
  await loop({ map });
  const channel = new Dispatcher(null, map);
  expect(codeOf(() => map.set(1.5, channel))).toBe('ERR_OUT_OF_RANGE');
  expect(codeOf(() => channel.addChannel())).toBe('ERR_OUT_OF_RANGE');
});

test('Poll and select() wait for any finite time', async () => {
  const [sock, peer] = socketpair();
  const poller = new Poll();
  poller.register(sock, POLLOUT);
  for (const seconds of [2 ** 31 / 1000, 2 ** 40, Number.MAX_VALUE]) {
    expect(poller.pollSync(seconds)).toEqual([[sock.fileno(), POLLOUT]]);
    expect(await poller.poll(seconds)).toEqual([[sock.fileno(), POLLOUT]]);
    expect((await select([], [sock], [], seconds))[1]).toEqual([sock]);
    expect(selectSync([], [sock], [], seconds)[1]).toEqual([sock]);
    // With nothing ready yet, the wait really begins.
    const waiting = select([sock], [], [], seconds);
    setImmediate(() => peer.send('x'));
    expect((await waiting)[0]).toEqual([sock]);
    sock.recv(1);
  }
  sock.close();
  peer.close();
});
