// A call that throws leaves what it was called on as it was: senders, files, sockets, Poll, and the
// look-up of a name that goes on while connect() is refused (channels: dispatchers/refused_calls).
import { expect, test } from 'vitest';
import {
  AsyncChat,
  type ChannelMap,
  Dispatcher,
  DispatcherWithSend,
  FileDispatcher,
  FileWrapper,
  loop,
  pipe,
} from '../../lib/index.ts';
import { POLLIN, POLLOUT, Poll, select, selectSync } from '../../lib/select.ts';
import { AF_INET, AF_UNIX, SO_RCVBUF, SOCK_STREAM, SOL_SOCKET, Socket, socketpair } from '../../lib/socket.ts';
import { temporaryPath } from '../support/matrix.ts';
import { fill, listening } from '../support/pair.ts';
import { channelState, socketState, wrong } from '../support/state.ts';

type Call<T> = (subject: T) => unknown;

function expectUntouched<T>(subject: T, state: () => unknown, calls: Record<string, Call<T>>): void {
  for (const [name, call] of Object.entries(calls)) {
    const before = state();
    expect(() => call(subject), name).toThrow();
    expect(state(), name).toEqual(before);
  }
}

/** Calls with some properties set for so long. */
function having<T extends object>(subject: T, properties: Partial<T>, call: () => unknown): void {
  const before = { ...subject };
  Object.assign(subject, properties);
  try {
    call();
  } finally {
    for (const name of Object.keys(properties)) Reflect.set(subject, name, Reflect.get(before, name));
  }
}

test('AsyncChat', () => {
  const map: ChannelMap = new Map();
  const [sock, peer] = socketpair();
  fill(sock);
  const chat = new AsyncChat(sock, map);
  chat.setTerminator('\n');
  chat.acInBuffer = Buffer.from('in');
  chat._collectIncomingData(Buffer.from('piece'));
  const calls: Record<string, Call<AsyncChat>> = {
    'push(bad)': (it) => it.push(wrong(5)),
    'push() with a bad size': (it) => having(it, { acOutBufferSize: 0 }, () => it.push('x')),
    'push() with a bad encoding': (it) =>
      having(it, { useEncoding: true, encoding: wrong('none') }, () => it.push('x')),
    'pushWithProducer(bad)': (it) => it.pushWithProducer(wrong({})),
    'pushWithProducer() of data with a bad size': (it) =>
      having(it, { acOutBufferSize: Number.NaN }, () => it.pushWithProducer('x')),
    'pushWithProducer() of a producer with a bad size': (it) =>
      having(it, { acOutBufferSize: -1 }, () => it.pushWithProducer({ more: () => 'x' })),
    'setTerminator(bad)': (it) => it.setTerminator(wrong({})),
    'setTerminator(-1)': (it) => it.setTerminator(-1),
    'setTerminator() with a bad encoding': (it) =>
      having(it, { useEncoding: true, encoding: wrong('none') }, () => it.setTerminator('x')),
    'acInBuffer = bad': (it) => {
      it.acInBuffer = wrong(5);
    },
    '_collectIncomingData(bad)': (it) => it._collectIncomingData(wrong('text')),
    'handleRead() with a bad size': (it) => having(it, { acInBufferSize: 0 }, () => it.handleRead()),
    'recv(bad)': (it) => it.recv(1.5),
  };
  expectUntouched(chat, () => channelState(chat, map), calls);
  chat.push('queued');
  expectUntouched(chat, () => channelState(chat, map), calls);
  chat.close();
  expectUntouched(chat, () => channelState(chat, map), {
    'push(bad)': (it) => it.push(wrong(5)),
    'pushWithProducer(bad)': (it) => it.pushWithProducer(wrong({})),
  });
  peer.close();
});

test('DispatcherWithSend', () => {
  const map: ChannelMap = new Map();
  const none = new DispatcherWithSend(null, map);
  expectUntouched(none, () => channelState(none, map), {
    'send(bad)': (it) => it.send(wrong(5)),
    'send() without a socket': (it) => it.send('x'),
  });
  const [sock, peer] = socketpair();
  fill(sock);
  const channel = new DispatcherWithSend(sock, map);
  channel.send('queued');
  expectUntouched(channel, () => channelState(channel, map), {
    'send(bad)': (it) => it.send(wrong(5)),
    'recv(bad)': (it) => it.recv(-1),
  });
  channel.close();
  peer.close();
});

test('FileDispatcher and FileWrapper', () => {
  const map: ChannelMap = new Map();
  const [reader, writer] = pipe();
  const channel = new FileDispatcher(reader, map);
  expectUntouched(channel, () => channelState(channel, map), {
    'setFile(bad)': (it) => it.setFile(wrong('x')),
    'setFile(not open)': (it) => it.setFile(1_000_000),
    'bind()': (it) => it.bind(temporaryPath()),
    'listen()': (it) => it.listen(5),
    'connect()': (it) => it.connect(temporaryPath()),
    'accept()': (it) => it.accept(),
    'setReuseAddr()': (it) => it.setReuseAddr(),
    'setFile() whose addChannel() throws': (it) => {
      it.addChannel = () => {
        throw new Error('full');
      };
      try {
        it.setFile(writer.fd);
      } finally {
        Reflect.deleteProperty(it, 'addChannel');
      }
    },
  });
  expectUntouched(reader, () => socketState(reader), {
    'recv(bad)': (it) => it.recv(-1),
    'recvInto(bad)': (it) => it.recvInto(wrong('x')),
    'send(bad)': (it) => it.send(wrong(5)),
    'setBlocking(bad)': (it) => it.setBlocking(wrong(0)),
    'getsockopt()': (it) => it.getsockopt(SOL_SOCKET, SO_RCVBUF),
    'recv() of nothing': (it) => it.recv(1),
  });
  expect(() => new FileWrapper(1_000_000)).toThrow('EBADF');
  channel.close();
  reader.close();
  writer.close();
});

test('Socket', () => {
  const path = temporaryPath();
  const calls: Record<string, Call<Socket>> = {
    'bind(bad)': (it) => it.bind(wrong(5)),
    'bind(of another family)': (it) => it.bind(['::1', 0]),
    'bind(not here)': (it) => it.bind(['192.0.2.1', 0]),
    'listen(bad)': (it) => it.listen(-1),
    'connect(bad)': (it) => it.connect(wrong(5)),
    'connect(of another family)': (it) => it.connect(['::1', 80]),
    'connectEx(a name)': (it) => it.connectEx(['name.invalid', 80]),
    'connectEx(a path)': (it) => it.connectEx(path),
    'send(bad)': (it) => it.send(wrong(5)),
    'sendto(bad)': (it) => it.sendto('x', wrong(5)),
    'recv(bad)': (it) => it.recv(-1),
    'recv(1, bad)': (it) => it.recv(1, 1.5),
    'recvInto(bad)': (it) => it.recvInto(wrong('x')),
    'recvfrom(bad)': (it) => it.recvfrom(-1),
    'getsockopt(bad)': (it) => it.getsockopt(-1, 0),
    'setsockopt(bad)': (it) => it.setsockopt(SOL_SOCKET, SO_RCVBUF, 1.5),
    'setsockopt(unknown)': (it) => it.setsockopt(SOL_SOCKET, 12345, 1),
    'shutdown(bad)': (it) => it.shutdown(-1),
    'setBlocking(bad)': (it) => it.setBlocking(wrong(0)),
  };
  const fresh = new Socket(AF_INET, SOCK_STREAM);
  expectUntouched(fresh, () => socketState(fresh), calls);
  const listener = listening({ family: AF_INET, address: () => ['127.0.0.1', 0] });
  expectUntouched(listener, () => socketState(listener), calls);
  const local = new Socket(AF_UNIX);
  expectUntouched(local, () => socketState(local), {
    'connect(nobody)': (it) => it.connect(path),
    'bind(a pair)': (it) => it.bind(['127.0.0.1', 0]),
  });
  fresh.close();
  listener.close();
  local.close();
  expectUntouched(fresh, () => socketState(fresh), { ...calls, 'detach()': (it) => it.detach() });
  expect(() => Socket.fromFd(1_000_000)).toThrow('EBADF');
});

test('a socket whose connect() is refused at once is not polled, as before', async () => {
  const map: ChannelMap = new Map();
  const events: string[] = [];
  class Idle extends Dispatcher {
    override handleReadEvent() {
      events.push('read');
    }
    override handleWriteEvent() {
      events.push('write');
    }
    override handleClose() {
      events.push('close');
      this.close();
    }
  }
  const channel = new Idle(null, map);
  channel.createSocket(AF_UNIX);
  expect(() => channel.socket?.connect(temporaryPath())).toThrow('ENOENT');
  for (const backend of ['select', 'poll'] as const) await loop({ map, backend, count: 3, timeout: 0.001 });
  expect(events).toEqual([]);
  channel.close();
});

test('Poll and select', async () => {
  const [sock, peer] = socketpair();
  const poller = new Poll();
  poller.register(sock, POLLOUT);
  const calls: Record<string, Call<Poll>> = {
    'register(bad)': (it) => it.register(wrong('x')),
    'register(again, bad mask)': (it) => it.register(sock, -1),
    'register(new, bad mask)': (it) => it.register(peer, 1.5),
    'modify(bad mask)': (it) => it.modify(sock, 0x8000),
    'modify(unknown)': (it) => it.modify(peer, POLLIN),
    'unregister(unknown)': (it) => it.unregister(peer),
    'unregister(bad)': (it) => it.unregister(wrong({})),
    'pollSync(bad)': (it) => it.pollSync(-1),
  };
  expectUntouched(poller, () => poller.pollSync(0), calls);
  await expect(poller.poll(-1)).rejects.toThrow(RangeError);
  expect(await poller.poll(0)).toEqual([[sock.fileno(), POLLOUT]]);
  await expect(select([sock], [], [wrong<number>('x')])).rejects.toThrow(TypeError);
  expect(() => selectSync([sock], wrong<number[]>(5), [])).toThrow(TypeError);
  expect(selectSync([], [sock], [], 0)).toEqual([[], [sock], []]);
  sock.close();
  peer.close();
});

test('connect() that is refused leaves the look-up of a name going on', async () => {
  const map: ChannelMap = new Map();
  const listener = listening({ family: AF_INET, address: () => ['127.0.0.1', 0] });
  const [, port] = listener.getsockname();
  let connections = 0;
  class Client extends Dispatcher {
    override handleConnect() {
      connections++;
      this.close();
    }
  }
  const channel = new Client(null, map);
  channel.createSocket();
  // Not 'localhost', which needs no look-up.
  channel.connect(['LOCALHOST', Number(port)]);
  const before = channelState(channel, map);
  expect(() => channel.connect(['::1', 80])).toThrow(TypeError);
  expect(channelState(channel, map)).toEqual(before);
  await loop({ map, timeout: 5, count: 100 });
  expect(connections).toBe(1);
  listener.close();
});

test('a loop() that cannot begin leaves no loop on the map', async () => {
  const map: ChannelMap = new Map();
  const [sock, peer] = socketpair();
  const channel = new DispatcherWithSend(sock, map);
  const broken: AbortSignal = new AbortController().signal;
  broken.addEventListener = () => {
    throw new Error('broken');
  };
  await expect(loop({ map, signal: broken })).rejects.toThrow('broken');
  await loop({ map, count: 1, timeout: 0.001 });
  channel.close();
  peer.close();
});
