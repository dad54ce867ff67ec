// DispatcherWithSend, asyncore's dispatcher_with_send (docs/behaviour.md, section A11).
import { expect, test, vi } from 'vitest';
import { type ChannelMap, DispatcherWithSend } from '../../lib/index.ts';
import { Socket, socketpair } from '../../lib/socket.ts';
import { FAMILIES, passesUntil, WAYS } from '../support/matrix.ts';
import { connectedPair, fill, listening, reset } from '../support/pair.ts';

/** A sender that records what its socket is given. */
class Sender extends DispatcherWithSend {
  readonly calls: string[] = [];
  readonly sends: number[] = [];

  constructor(sock?: Socket, map: ChannelMap = new Map()) {
    super(sock, map);
    if (sock !== undefined) this.watch(sock);
  }

  /** From now on, a send of `sock` is recorded; with `limit`, it takes that many bytes only. */
  watch(sock: Socket, limit = Infinity) {
    const send = Socket.prototype.send.bind(sock);
    sock.send = (data) => {
      const bytes = Buffer.isBuffer(data) || data instanceof Uint8Array ? data : Buffer.from(String(data));
      this.sends.push(bytes.length);
      return send(bytes.subarray(0, Math.min(limit, bytes.length)));
    };
  }

  override readable() {
    return false;
  }

  override handleConnect() {
    this.calls.push('connect');
  }

  override handleClose() {
    this.calls.push('close');
    this.close();
  }
}

test('send() sends at once, and what is not taken waits', () => {
  const [sock, peer] = socketpair();
  const channel = new Sender(sock);
  expect(channel.outBuffer.length).toBe(0);
  expect(channel.send('hello')).toBe(0);
  expect(channel.sends).toEqual([5]);
  expect(`${peer.recv(10)}`).toBe('hello');
  channel.watch(sock, 2);
  expect(channel.send('hello')).toBe(3);
  expect(channel.outBuffer.length).toBe(3);
  expect(`${peer.recv(10)}`).toBe('he');
  channel.close();
  peer.close();
});

test('one turn sends at most 65536 bytes', () => {
  const [sock, peer] = socketpair();
  const channel = new Sender(sock);
  const read = () => peer.recv(1 << 20).length;
  expect(channel.send(Buffer.alloc(200000))).toBe(134464);
  expect(read()).toBe(65536);
  channel.handleWrite();
  expect([channel.outBuffer.length, read()]).toEqual([68928, 65536]);
  channel.handleWrite();
  expect([channel.outBuffer.length, read()]).toEqual([3392, 65536]);
  channel.initiateSend();
  expect([channel.outBuffer.length, read()]).toEqual([0, 3392]);
  expect(channel.sends).toEqual([65536, 65536, 65536, 3392]);
  channel.close();
  peer.close();
});

test('one turn sends 65536 bytes even if they lie in several blocks of the queue', () => {
  const [sock, peer] = socketpair();
  const channel = new Sender(sock);
  const data = Buffer.from(Array.from({ length: 120000 }, (_, i) => i % 251));
  // Nothing is taken, so that every piece is kept.
  channel.watch(sock, 0);
  for (let at = 0; at < data.length; at += 1000) channel.send(data.subarray(at, at + 1000));
  expect(channel.outBuffer.length).toBe(120000);
  channel.watch(sock);
  const turn = () => {
    channel.sends.length = 0;
    channel.initiateSend();
    return channel.sends.reduce((sum, size) => sum + size, 0);
  };
  expect(turn()).toBe(65536);
  expect(channel.sends.length, 'several blocks').toBeGreaterThan(1);
  expect(peer.recv(1 << 20).equals(data.subarray(0, 65536))).toBe(true);
  expect(turn()).toBe(120000 - 65536);
  expect(peer.recv(1 << 20).equals(data.subarray(65536))).toBe(true);
  channel.close();
  peer.close();
});

test('writable() is true while not connected and while something waits', () => {
  const [sock, peer] = socketpair();
  const channel = new Sender(sock);
  expect(channel.writable()).toBe(false);
  fill(sock);
  channel.send('abc');
  expect(channel.writable()).toBe(true);
  expect(new Sender().writable()).toBe(true);
  channel.close();
  peer.close();
});

test('send() to a peer that is gone calls handleClose, which sees the data in outBuffer; close() throws it away', () => {
  const [sock, peer] = connectedPair(FAMILIES[0] ?? { name: '', family: 0, address: () => '' });
  let seen = -1;
  class Counting extends Sender {
    override handleClose() {
      seen = this.outBuffer.length;
      super.handleClose();
    }
  }
  const channel = new Counting(sock);
  reset(peer);
  expect(channel.send('left')).toBe(0);
  expect(channel.calls).toEqual(['close']);
  expect([seen, channel.outBuffer.length]).toEqual([4, 0]);
});

test('with debug, every send is logged', () => {
  const output: string[] = [];
  const write = vi.spyOn(process.stdout, 'write').mockImplementation((text) => output.push(`${text}`) > 0);
  const [sock, peer] = socketpair();
  const channel = new Sender(sock);
  channel.send('quiet');
  channel.debug = true;
  channel.send('hi');
  channel.send(Buffer.from('hi'));
  write.mockRestore();
  expect(output).toEqual(["info: sending 'hi'\n", 'info: sending <Buffer 68 69>\n']);
  channel.close();
  peer.close();
});

test('handleWrite() calls initiateSend(), and an empty send with nothing waiting still reaches the socket', () => {
  const [sock, peer] = socketpair();
  const channel = new Sender(sock);
  expect(channel.send('')).toBe(0);
  expect(channel.sends).toEqual([0]);
  let turns = 0;
  channel.initiateSend = () => {
    turns++;
  };
  channel.handleWrite();
  expect(turns).toBe(1);
  channel.close();
  peer.close();
});

for (const way of WAYS) {
  for (const family of FAMILIES) {
    const id = `${family.name}, ${way.name}`;

    test(`everything arrives, in order, however little is taken at a time (${id})`, async () => {
      const map: ChannelMap = new Map();
      const [sock, peer] = connectedPair(family);
      const channel = new Sender(sock, map);
      const data = Buffer.from(Array.from({ length: 300000 }, (_, i) => i % 251));
      const received: Buffer[] = [];
      let length = 0;
      for (let at = 0; at < data.length; at += 70000) channel.send(data.subarray(at, at + 70000));
      const drain = () => {
        try {
          for (;;) {
            const piece = peer.recv(1 << 20);
            received.push(piece);
            length += piece.length;
          }
        } catch {
          return length === data.length;
        }
      };
      await passesUntil(way, drain, map);
      expect(Buffer.concat(received).equals(data)).toBe(true);
      expect([channel.outBuffer.length, channel.writable()]).toEqual([0, false]);
      channel.close();
      peer.close();
    });

    test(`what is sent while connecting is delivered (${id})`, async () => {
      const map: ChannelMap = new Map();
      const listener = listening(family);
      const channel = new Sender(undefined, map);
      channel.createSocket(family.family);
      channel.connect(listener.getsockname());
      channel.send('early ');
      channel.send('bird');
      const [served] = listener.accept();
      let received = '';
      const drain = () => {
        try {
          received += served.recv(100);
        } catch {
          // Nothing yet.
        }
        return received === 'early bird' && channel.connected;
      };
      await passesUntil(way, drain, map);
      expect(channel.calls).toEqual(['connect']);
      for (const one of [channel, served, listener]) one.close();
    });
  }
}
