// A call that throws leaves what it was called on as it was: the public state before and after, for
// every method that can refuse its arguments, or that has to wait for a socket.
import { describe, expect, test } from 'vitest';
import { AsyncChat, type ChannelMap, Dispatcher, DispatcherWithSend } from '../../lib/index.ts';
import { AF_INET, AF_INET6, SOCK_STREAM, Socket } from '../../lib/socket.ts';
import { channelState, wrong } from '../support/state.ts';

type Case<T> = [name: string, call: (subject: T, map: ChannelMap) => unknown];

/** Calls that throw on a channel of any state. */
const ON_ANY: Case<Dispatcher>[] = [
  ['addChannel(a bad map)', (channel) => channel.addChannel(wrong({}))],
  ['delChannel(a bad map)', (channel) => channel.delChannel(wrong({}))],
  ['setSocket(nothing)', (channel) => channel.setSocket(wrong(null))],
  ['setSocket(no socket)', (channel) => channel.setSocket(wrong({}))],
  ['setSocket(…, a bad map)', (channel) => withSocket((sock) => channel.setSocket(sock, wrong({})))],
  [
    'setSocket(a closed one)',
    (channel) => {
      const sock = new Socket();
      sock.close();
      channel.setSocket(sock);
    },
  ],
  [
    'setSocket() whose addChannel() throws',
    (channel) =>
      withSocket((sock) => {
        channel.addChannel = () => {
          throw new Error('full');
        };
        try {
          channel.setSocket(sock);
        } finally {
          Reflect.deleteProperty(channel, 'addChannel');
        }
      }),
  ],
  ['createSocket(bad family)', (channel) => channel.createSocket(-1)],
  ['createSocket(unknown family)', (channel) => channel.createSocket(12345)],
  ['createSocket(bad type)', (channel) => channel.createSocket(AF_INET, 1.5)],
  [
    'createSocket() whose setSocket() throws',
    (channel) => {
      channel.setSocket = () => {
        throw new Error('full');
      };
      try {
        channel.createSocket(AF_INET6, SOCK_STREAM);
      } finally {
        Reflect.deleteProperty(channel, 'setSocket');
      }
    },
  ],
  ['listen(bad)', (channel) => channel.listen(-1)],
  ['bind(bad)', (channel) => channel.bind(wrong(5))],
  ['bind(of another family)', (channel) => channel.bind(['::1', 0])],
  ['bind(a name)', (channel) => channel.bind(['name.invalid', 0])],
  ['bind(not here)', (channel) => channel.bind(['192.0.2.1', 0])],
  ['connect(bad)', (channel) => channel.connect(wrong(5))],
  ['connect(of another family)', (channel) => channel.connect(['::1', 80])],
  ['connect(bad port)', (channel) => channel.connect(['name.invalid', 65536])],
  ['connect(a path)', (channel) => channel.connect('/path')],
  ['recv(bad)', (channel) => channel.recv(-1)],
  ['recvInto(bad)', (channel) => channel.recvInto(wrong('text'))],
  ['send(bad)', (channel) => channel.send(wrong(5))],
  ['logInfo(…, bad type)', (channel) => channel.logInfo('', wrong(5))],
];

function withSocket(call: (sock: Socket) => unknown): void {
  const sock = new Socket();
  try {
    call(sock);
  } finally {
    sock.close();
  }
}

const ON_NO_SOCKET: Case<Dispatcher>[] = [
  ['addChannel()', (channel) => channel.addChannel()],
  ['setReuseAddr()', (channel) => channel.setReuseAddr()],
  ['listen()', (channel) => channel.listen()],
  ['bind()', (channel) => channel.bind(['', 0])],
  ['connect()', (channel) => channel.connect(['127.0.0.1', 80])],
  ['accept()', (channel) => channel.accept()],
  ['recv()', (channel) => channel.recv(1)],
  ['recvInto()', (channel) => channel.recvInto(new Uint8Array(1))],
  ['handleExptEvent()', (channel) => channel.handleExptEvent()],
  ['handleConnectEvent()', (channel) => channel.handleConnectEvent()],
];

const STATES: Record<string, (channel: Dispatcher) => () => void> = {
  'without a socket': () => () => {},
  unconnected: (channel) => {
    channel.createSocket();
    return () => channel.close();
  },
  bound: (channel) => {
    channel.createSocket();
    channel.bind(['127.0.0.1', 0]);
    return () => channel.close();
  },
  listening: (channel) => {
    channel.createSocket();
    channel.bind(['127.0.0.1', 0]);
    channel.listen();
    return () => channel.close();
  },
  connected: (channel) => {
    const listener = new Socket();
    listener.bind(['127.0.0.1', 0]);
    listener.listen();
    const sock = new Socket();
    sock.connectEx(listener.getsockname());
    channel.setSocket(sock);
    channel.connected = true;
    return () => {
      channel.close();
      listener.close();
    };
  },
  connecting: (channel) => {
    const listener = new Socket();
    listener.bind(['127.0.0.1', 0]);
    listener.listen();
    channel.createSocket();
    channel.connect(listener.getsockname() as [string, number]);
    return () => {
      channel.close();
      listener.close();
    };
  },
  closed: (channel) => {
    channel.createSocket();
    channel.close();
    return () => {};
  },
};

const KINDS: Record<string, (map: ChannelMap) => Dispatcher> = {
  Dispatcher: (map) => new Dispatcher(null, map),
  DispatcherWithSend: (map) => new DispatcherWithSend(null, map),
  AsyncChat: (map) => new AsyncChat(null, map),
};

for (const [kind, make] of Object.entries(KINDS)) {
  describe.each(Object.keys(STATES))(`a call that throws changes nothing: ${kind} %s`, (state) => {
    const cases = state === 'without a socket' ? [...ON_ANY, ...ON_NO_SOCKET] : ON_ANY;
    test.each(cases)('%s', (_name, call) => {
      const map: ChannelMap = new Map();
      const channel = make(map);
      const end = STATES[state]?.(channel);
      const before = channelState(channel, map);
      expect(() => call(channel, map)).toThrow();
      expect(channelState(channel, map)).toEqual(before);
      end?.();
      map.clear();
    });
  });
}
