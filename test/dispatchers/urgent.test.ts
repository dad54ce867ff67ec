// The default handleExpt() (deviation 15): one urgent byte, or another condition that stays, must not
// keep a processor busy for as long as the peer likes.
import { closeSync, openSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  AsyncChat,
  type ChannelMap,
  Dispatcher,
  DispatcherWithSend,
  FileDispatcher,
  loop,
  type Transport,
} from '../../lib/index.ts';
import { selectSync } from '../../lib/select.ts';
import { MSG_OOB, SO_OOBINLINE, SOL_SOCKET, Socket } from '../../lib/socket.ts';
import { FAMILIES, passesUntil, WAYS } from '../support/matrix.ts';
import { connectedPair } from '../support/pair.ts';

const [INET] = FAMILIES;
if (INET === undefined) throw new Error('no family');
const inet = INET;

const PRIORITY = 'unhandled incoming priority event';

/** Channels with the default handleExpt(), which write down what they log. */
const KINDS = {
  Dispatcher: (log: string[]) =>
    class extends Dispatcher<Transport> {
      readonly received: Buffer[] = [];
      override writable() {
        return false;
      }
      override handleRead() {
        this.received.push(this.recv(10));
      }
      override logInfo(message: unknown) {
        log.push(String(message));
      }
    },
  DispatcherWithSend: (log: string[]) =>
    class extends DispatcherWithSend<Transport> {
      readonly received: Buffer[] = [];
      override handleRead() {
        this.received.push(this.recv(10));
      }
      override logInfo(message: unknown) {
        log.push(String(message));
      }
    },
  AsyncChat: (log: string[]) =>
    class extends AsyncChat<Transport> {
      get received() {
        return this.incoming;
      }
      override collectIncomingData(data: Buffer) {
        this._collectIncomingData(data);
      }
      override getTerminator() {
        return null;
      }
      override logInfo(message: unknown) {
        log.push(String(message));
      }
    },
};

/** A socket whose urgent condition is there. */
function urgentPair(inline = false): [Socket, Socket] {
  const [peer, sock] = connectedPair(inet);
  if (inline) sock.setsockopt(SOL_SOCKET, SO_OOBINLINE, 1);
  peer.send('!', MSG_OOB);
  selectSync([], [], [sock], 5);
  return [sock, peer];
}

describe.each(Object.keys(KINDS) as (keyof typeof KINDS)[])('%s', (kind) => {
  describe.each(WAYS)('$name', (way) => {
    test('takes one urgent byte, and then sleeps', async () => {
      const map: ChannelMap = new Map();
      const log: string[] = [];
      const [sock, peer] = urgentPair();
      const channel = new (KINDS[kind](log))(sock, map);
      await way.passes(50, 0.001, map);
      expect(log).toEqual([PRIORITY]);
      peer.send('!', MSG_OOB);
      selectSync([], [], [sock], 5);
      await way.passes(50, 0.001, map);
      expect(log).toEqual([PRIORITY, PRIORITY]);
      expect(channel.received).toEqual([]);
      peer.send('data');
      await passesUntil(way, () => channel.received.length > 0, map);
      expect(Buffer.concat(channel.received).toString()).toBe('data');
      channel.close();
      peer.close();
    });

    test('with SO_OOBINLINE, passes over the byte until it has read', async () => {
      const map: ChannelMap = new Map();
      const log: string[] = [];
      const [sock, peer] = urgentPair(true);
      let reads = false;
      const channel = new (KINDS[kind](log))(sock, map);
      channel.readable = () => reads;
      channel.writable = () => true;
      channel.handleWrite = () => undefined;
      await way.passes(50, 0.001, map);
      // With poll, it is asked for only together with input.
      expect(log).toEqual(way.backend === 'poll' ? [] : [PRIORITY]);
      reads = true;
      await passesUntil(way, () => channel.received.length > 0, map);
      expect(Buffer.concat(channel.received).toString()).toBe('!');
      log.length = 0;
      peer.send('?', MSG_OOB);
      selectSync([], [], [sock], 5);
      await passesUntil(way, () => channel.received.length > 1, map);
      expect(log).toEqual([PRIORITY]);
      channel.close();
      peer.close();
    });

    test('a transport that knows no MSG_OOB is not asked, and the condition is passed over', async () => {
      const map: ChannelMap = new Map();
      const log: string[] = [];
      const [sock, peer] = urgentPair();
      const sizes: number[] = [];
      const layer: Transport = {
        fileno: () => sock.fileno(),
        recv: (size) => {
          sizes.push(size);
          return sock.recv(size);
        },
        send: (data) => sock.send(data),
        close: () => sock.close(),
        setBlocking: () => {},
        getsockopt: (level, name) => sock.getsockopt(level, name),
      };
      const channel = new (KINDS[kind](log))(layer, map);
      await way.passes(50, 0.001, map);
      expect(log).toEqual([PRIORITY]);
      expect(sizes).toEqual([]);
      peer.send('data');
      await passesUntil(way, () => channel.received.length > 0, map);
      await way.passes(50, 0.001, map);
      // Reading beyond it takes it away.
      expect(log).toEqual([PRIORITY]);
      peer.send('!', MSG_OOB);
      selectSync([], [], [sock], 5);
      await way.passes(50, 0.001, map);
      expect(log).toEqual([PRIORITY, PRIORITY]);
      channel.close();
      peer.close();
    });
  });
});

test('an urgent byte that a handler has taken itself does not hide the next one', async () => {
  for (const way of WAYS) {
    const map: ChannelMap = new Map();
    const taken: string[] = [];
    class Taking extends Dispatcher {
      override writable() {
        return false;
      }
      override handleExpt() {
        taken.push(String(this.socket?.recv(1, MSG_OOB)));
        return super.handleExpt();
      }
    }
    const [sock, peer] = urgentPair();
    const channel = new Taking(sock, map);
    await passesUntil(way, () => taken.length === 1, map);
    peer.send('?', MSG_OOB);
    await passesUntil(way, () => taken.length === 2, map);
    expect(taken).toEqual(['!', '?']);
    channel.close();
    peer.close();
  }
});

test('an exceptional condition of a file, which has no urgent byte, is passed over until it has read', async () => {
  // A file of sysfs that nobody has read yet has one.
  const fd = openSync('/sys/kernel/fscaps', 'r');
  expect(selectSync([], [], [fd], 0)[2]).toEqual([fd]);
  const map: ChannelMap = new Map();
  let conditions = 0;
  class Attribute extends FileDispatcher {
    override readable() {
      return false;
    }
    override handleWrite() {}
    override handleExpt() {
      conditions++;
      return super.handleExpt();
    }
  }
  const channel = new Attribute(fd, map);
  await loop({ map, count: 50, timeout: 0 });
  expect(conditions).toBe(1);
  expect(channel.recv(10).toString()).toBe('1\n');
  await loop({ map, count: 50, timeout: 0 });
  expect(conditions).toBe(1);
  channel.close();
  closeSync(fd);
});

test('an error other than one of the system, thrown by the log, is not hidden', () => {
  const [sock, peer] = urgentPair();
  class Loud extends Dispatcher {
    override logInfo() {
      throw new Error('no log');
    }
  }
  const channel = new Loud(sock, new Map());
  expect(() => channel.handleExpt()).toThrow('no log');
  channel.close();
  // On a closed channel there is nothing to take.
  expect(() => new Dispatcher(new Socket(), new Map()).close()).not.toThrow();
  peer.close();
});
