// Transports of a user's own: a channel asks only for the method that it is about to call, and what
// a file says is not taken for what a socket says.
import { expect, test } from 'vitest';
import {
  type ChannelMap,
  Dispatcher,
  FileDispatcher,
  loop,
  pipe,
  type SocketTransport,
  type Transport,
} from '../../lib/index.ts';
import { AF_UNIX, SOCK_SEQPACKET, SOCK_STREAM, Socket } from '../../lib/socket.ts';
import { systemFailure, thrownBy } from '../support/failure.ts';
import { temporaryPath, WAYS } from '../support/matrix.ts';

/** A transport with the plain methods of `sock` and those that are named. */
function layer(sock: Socket, ...names: (keyof SocketTransport)[]): Transport {
  const made: Transport = {
    fileno: () => sock.fileno(),
    recv: (size) => sock.recv(size),
    send: (data) => sock.send(data),
    close: () => sock.close(),
    setBlocking: () => {},
    getsockopt: (level, name) => sock.getsockopt(level, name),
  };
  for (const name of names) {
    const value = Reflect.get(sock, name);
    Reflect.set(made, name, typeof value === 'function' ? value.bind(sock) : value);
  }
  return made;
}

test('a listener without connectEx() listens and accepts', async () => {
  const map: ChannelMap = new Map();
  const sock = new Socket();
  sock.bind(['127.0.0.1', 0]);
  let accepted = 0;
  class Server extends Dispatcher<Transport> {
    override handleAccepted(connection: Socket) {
      accepted++;
      connection.close();
      this.close();
    }
  }
  const server = new Server(null, map);
  server.setSocket(layer(sock, 'setsockopt', 'listen', 'accept'));
  server.setReuseAddr();
  expect(thrownBy(() => server.connect(['127.0.0.1', 1]))).toMatchObject({ code: 'ERR_NOT_A_SOCKET' });
  expect(thrownBy(() => server.bind(['127.0.0.1', 0]))).toMatchObject({ code: 'ERR_NOT_A_SOCKET' });
  server.listen();
  const client = new Socket();
  client.connectEx(sock.getsockname());
  await loop({ map, timeout: 5, count: 10 });
  expect(accepted).toBe(1);
  client.close();
});

test('a transport that listens already is known as listening; one whose option is unknown is not', () => {
  const sock = new Socket();
  sock.bind(['127.0.0.1', 0]);
  sock.listen();
  const channel = new Dispatcher<Transport>(null, new Map());
  channel.setSocket(layer(sock));
  expect(channel.accepting).toBe(false);
  const deaf = layer(sock, 'accept');
  deaf.getsockopt = () => {
    throw new Error('not mine');
  };
  channel.setSocket(deaf);
  expect(channel.accepting).toBe(false);
  channel.setSocket(layer(sock, 'accept'));
  expect(channel.accepting).toBe(true);
  channel.close();
});

test('a transport with getpeername() but no connectEx() tells the peer', () => {
  const map: ChannelMap = new Map();
  const path = temporaryPath();
  const listener = new Socket(AF_UNIX);
  listener.bind(path);
  listener.listen();
  const sock = new Socket(AF_UNIX);
  const lone = new Dispatcher(layer(sock, 'getpeername'), map);
  expect([lone.connected, lone.addr]).toEqual([false, null]);
  lone.close();
  const client = new Socket(AF_UNIX);
  client.connect(path);
  const channel = new Dispatcher(layer(client, 'getpeername'), map);
  expect([channel.connected, channel.addr]).toEqual([true, path]);
  channel.close();
  listener.close();
});

test('one with connectEx() but no getpeername() connects', async () => {
  const map: ChannelMap = new Map();
  const listener = new Socket();
  listener.bind(['127.0.0.1', 0]);
  listener.listen();
  let connected = 0;
  class Client extends Dispatcher<Transport> {
    override handleConnect() {
      connected++;
    }
    override handleWrite() {
      this.close();
    }
  }
  const client = new Client(null, map);
  client.setSocket(layer(new Socket(), 'connectEx', 'family'));
  const [host, port] = listener.getsockname();
  client.connect([String(host), Number(port)]);
  await loop({ map, timeout: 5, count: 10 });
  expect(connected).toBe(1);
  listener.close();
});

test('accept() that gives nothing is no connection, as in asyncore; a TypeError is thrown', () => {
  const sock = new Socket();
  const channel = new Dispatcher(sock, new Map());
  for (const nothing of [null, undefined]) {
    Reflect.set(sock, 'accept', () => nothing);
    expect(channel.accept()).toBe(null);
  }
  sock.accept = () => {
    throw new TypeError('a bug');
  };
  expect(() => channel.accept()).toThrow(new TypeError('a bug'));
  channel.close();
});

const FAILURES = [
  ...['EPIPE', 'ENOTCONN', 'ESHUTDOWN', 'ECONNABORTED'].map((code) => ['read', code, 'error'] as const),
  ...['ENOTCONN', 'ESHUTDOWN', 'ECONNABORTED'].map((code) => ['write', code, 'error'] as const),
  ...['ECONNRESET', 'EBADF'].map((code) => ['read', code, 'close'] as const),
  ...['ECONNRESET', 'EBADF', 'EPIPE'].map((code) => ['write', code, 'close'] as const),
];

for (const way of WAYS) {
  test.each(FAILURES)(`%s of a file that says %s is: %s (${way.name})`, async (syscall, code, what) => {
    const map: ChannelMap = new Map();
    const [reader, writer] = pipe();
    writer.send('x');
    const calls: string[] = [];
    class File extends FileDispatcher {
      override readable() {
        return syscall === 'read';
      }
      override writable() {
        return syscall === 'write';
      }
      override handleRead() {
        this.recv(10);
      }
      override handleWrite() {
        this.send('x');
      }
      override handleClose() {
        calls.push('close');
        this.close();
      }
      override handleError(error: unknown) {
        calls.push('error');
        expect(error).toEqual(systemFailure(code, syscall));
        this.close();
      }
    }
    const channel = new File(syscall === 'read' ? reader : writer, map);
    const { socket } = channel;
    if (socket === null) throw new Error('no file');
    const fail = () => {
      throw systemFailure(code, syscall);
    };
    Reflect.set(socket, 'recv', fail);
    Reflect.set(socket, 'send', fail);
    await way.passes(2, 0.01, map);
    expect(calls).toEqual([what]);
    reader.close();
    writer.close();
  });
}

test('only stream and seqpacket sockets rest until they are connected or listen', async () => {
  const RAW = 3;
  const made: [family: number, type: number, protocol: number, rests: boolean][] = [
    [AF_UNIX, SOCK_STREAM, 0, true],
    [AF_UNIX, SOCK_SEQPACKET, 0, true],
    // AF_UNIX takes SOCK_RAW for SOCK_DGRAM, and needs no privilege for it.
    [AF_UNIX, RAW, 0, false],
  ];
  for (const way of WAYS) {
    for (const [family, type, protocol, rests] of made) {
      const map: ChannelMap = new Map();
      let events = 0;
      class Any extends Dispatcher {
        override handleWriteEvent() {
          events++;
        }
        override handleReadEvent() {
          events++;
        }
        override handleClose() {
          events++;
        }
      }
      const channel = new Any(null, map);
      channel.setSocket(new Socket(family, type, protocol));
      await way.passes(3, 0.001, map);
      expect(events > 0, `type ${type}`).toBe(!rests);
      channel.close();
    }
  }
});
