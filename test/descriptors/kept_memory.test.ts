// What a user keeps of what was received costs little more than its size, whatever came with it; and
// nothing is handed out that the system has not written.
import { expect, test } from 'vitest';
import { LEAST } from '../../lib/descriptors/slab.ts';
import { AsyncChat, pipe } from '../../lib/index.ts';
import { selectSync } from '../../lib/select.ts';
import {
  AF_INET,
  AF_UNIX,
  IPPROTO_TCP,
  MSG_DONTWAIT,
  MSG_PEEK,
  MSG_TRUNC,
  SO_RCVBUF,
  SOCK_DGRAM,
  SOL_SOCKET,
  Socket,
  socketpair,
  TCP_INFO,
} from '../../lib/socket.ts';
import { native } from '../../lib/system/native.ts';
import { thrownBy } from '../support/failure.ts';
import { collectGarbage } from '../support/garbage.ts';
import { FAMILIES } from '../support/matrix.ts';
import { withoutMemory } from '../support/no_memory.ts';
import { connectedPair } from '../support/pair.ts';
import { eventually } from '../support/wait.ts';

const COUNT = 1000;
/** What is in use besides: memory to receive into, and pools. */
const CONSTANT = 3 << 20;

function used(): number {
  collectGarbage();
  return process.memoryUsage().arrayBuffers;
}

/** Waits until what is kept, by `keep`, costs no more than it may. V8 frees in the background. */
async function costs(kept: readonly Buffer[], before: number, most = 2): Promise<void> {
  const size = kept.reduce((sum, { length }) => sum + length, 0);
  await eventually(
    () => used() - before <= most * size + CONSTANT,
    () => `${used() - before} bytes for ${size}`,
  );
}

const SIZES = [100, 1024, 10 * 1024, 40 * 1024];

test.each(SIZES)('messages of %i bytes cost twice their size at most, alone or among others', async (size) => {
  for (const others of [0, 60_000]) {
    const [sock, peer] = socketpair(AF_UNIX, SOCK_DGRAM);
    const before = used();
    const kept: Buffer[] = [];
    for (let i = 0; i < COUNT; i++) {
      peer.send(Buffer.alloc(size, i));
      kept.push(sock.recv(65536));
      if (others === 0) continue;
      peer.send(Buffer.alloc(others));
      sock.recv(65536);
    }
    await costs(kept, before);
    expect(kept.every((one, i) => one.length === size && one.every((byte) => byte === i % 256))).toBe(true);
    sock.close();
    peer.close();
  }
});

test.each(SIZES)(
  'bytes of a stream and of a pipe that are read %i at a time cost twice their size at most',
  async (size) => {
    const [reader, writer] = pipe();
    const [sock, peer] = socketpair();
    const before = used();
    const kept: Buffer[] = [];
    const bytes = Buffer.alloc(size, 'x');
    for (let i = 0; i < COUNT; i++) {
      peer.send(bytes);
      kept.push(sock.recv(i % 2 === 0 ? size : 1 << 20));
      writer.send(bytes);
      kept.push(reader.recv(i % 2 === 0 ? 65536 : size));
    }
    expect(kept.every((one) => one.equals(bytes))).toBe(true);
    await costs(kept, before);
    for (const one of [reader, writer, sock, peer]) one.close();
  },
);

test.each(SIZES)('lines of %i bytes that are kept among others cost twice their size at most', async (size) => {
  const kept: Buffer[] = [];
  class Lines extends AsyncChat {
    override collectIncomingData(data: Buffer) {
      this._collectIncomingData(data);
    }
    override foundTerminator() {
      const line = this._getData();
      if (line[0] === 'k'.charCodeAt(0)) kept.push(line);
    }
  }
  const [sock, peer] = socketpair();
  const chat = new Lines(sock, new Map());
  chat.setTerminator('\n');
  const before = used();
  const line = `k${'x'.repeat(size - 1)}\n`;
  const text = Buffer.from(line + `${'o'.repeat(3000)}\n`.repeat(Math.floor((65536 - line.length) / 3001)));
  const turns = Math.min(COUNT, 500);
  for (let i = 0; i < turns; i++) {
    for (let sent = 0; sent < text.length; ) {
      sent += peer.send(text.subarray(sent));
      chat.handleRead();
    }
  }
  for (let i = 0; i < 10; i++) chat.handleRead();
  expect(kept).toHaveLength(turns);
  expect(kept.every((one) => one.length === size)).toBe(true);
  // A small line keeps a page at the most.
  await costs(kept, before, size < 1024 ? 2 + 4096 / size : 2);
  chat.close();
  peer.close();
});

test('a received piece changes no more, whatever is received after it', () => {
  const [sock, peer] = socketpair(AF_UNIX, SOCK_DGRAM);
  const kept: Buffer[] = [];
  const sizes = Array.from(
    { length: 400 },
    (_, i) => [1, 64, 65, 1000, 1023, 1024, 2047, 4096, 9000, 33_000, 65_000][i % 11] ?? 0,
  );
  for (const [i, size] of sizes.entries()) {
    peer.send(Buffer.alloc(size, i));
    kept.push(sock.recv([size, 65536, 70_000, 1 << 20][i % 4] ?? 0));
  }
  expect(kept.map(({ length }) => length)).toEqual(sizes);
  expect(kept.every((one, i) => one.every((byte) => byte === i % 256))).toBe(true);
  sock.close();
  peer.close();
});

test('what was received is not lost when there is no memory for a copy', () => {
  const [sock, peer] = socketpair(AF_UNIX, SOCK_DGRAM);
  const size = 5000;
  const fill = (byte: number) => Buffer.alloc(size, byte);
  // So that there is memory to receive into.
  peer.send(fill(0));
  sock.recv(65536);
  for (let i = 1; i <= 3; i++) peer.send(fill(i));
  const first = withoutMemory(() => sock.recv(65536));
  expect(thrownBy(() => withoutMemory(() => sock.recv(65536)))).toBeInstanceOf(RangeError);
  const rest = [sock.recv(65536), sock.recv(65536)];
  expect([first, ...rest].map((one) => one.equals(fill(one[0] ?? 0)) && one[0])).toEqual([1, 2, 3]);
  sock.close();
  peer.close();
});

/** Fills all memory that bytes are received into with a secret. */
function receiveSecrets(): void {
  const [sock, peer] = socketpair(AF_UNIX, SOCK_DGRAM);
  for (const size of [100, 1000, 2000, 5000, 20_000, 60_000, 100_000]) {
    for (const room of [size, 2 * size, 65536, 1 << 20]) {
      peer.send(Buffer.alloc(size, 'SECRET'));
      sock.recv(Math.max(room, size));
    }
  }
  sock.close();
  peer.close();
}

test.each(FAMILIES)('MSG_TRUNC on a stream hands out nothing of other connections ($name)', (family) => {
  const [client, served] = connectedPair(family);
  for (const size of [10, 500, 1023, 1024, 5000, 20_000, 60_000]) {
    for (const room of [size, 65536, 1 << 20]) {
      for (const flags of [MSG_TRUNC, MSG_TRUNC | MSG_DONTWAIT, MSG_TRUNC | MSG_PEEK]) {
        receiveSecrets();
        client.send(Buffer.alloc(size, 'x'));
        selectSync([served], [], [], 1);
        const received = flags & MSG_DONTWAIT ? served.recvfrom(room, flags)[0] : served.recv(room, flags);
        expect(received.length).toBeLessThanOrEqual(size);
        // Zeros where the bytes were discarded, and what was sent where not.
        expect(received.every((byte) => byte === 0 || byte === 120)).toBe(true);
        // What is left of it.
        for (let got = 0; selectSync([served], [], [], 0)[0].length > 0 && got < size; )
          got += served.recv(1 << 20).length;
      }
    }
  }
  client.close();
  served.close();
});

function addonPair(): [number, number] {
  const handles = native.socketpair(AF_UNIX, SOCK_DGRAM);
  if (typeof handles === 'number') throw new Error('no pair');
  return handles;
}

test('MSG_TRUNC of a long datagram hands out what there was room for', () => {
  const [sock, peer] = socketpair(AF_UNIX, SOCK_DGRAM);
  for (const room of [0, 10, 2000]) {
    receiveSecrets();
    peer.send(Buffer.alloc(3000, 'x'));
    expect(sock.recv(room, MSG_TRUNC).equals(Buffer.alloc(room, 'x'))).toBe(true);
  }
  sock.close();
  peer.close();
});

test('with MSG_TRUNC, the addon copies no more to the pool than there was room for', () => {
  const [first, second] = addonPair();
  native.send(second, Buffer.alloc(500, 'x'), 0);
  const pool = new Uint8Array(LEAST).fill(112);
  const { buffer } = new Uint8Array(10);
  const landing = Int32Array.of(MSG_TRUNC, buffer.byteLength, 0, LEAST).buffer;
  expect(native.recv(first, buffer, pool.buffer, landing)).toBe(500);
  expect(Buffer.from(pool).toString()).toBe('x'.repeat(10) + 'p'.repeat(LEAST - 10));
  for (const each of [first, second]) native.close(each);
});

test('recvInto() with MSG_TRUNC on a stream leaves the view as it was', () => {
  const [client, served] = connectedPair(FAMILIES[0] ?? expect.fail());
  client.send('abcdef');
  selectSync([served], [], [], 1);
  const view = new Uint8Array(4).fill(7);
  expect(served.recvInto(view, MSG_TRUNC)).toBe(4);
  expect([...view]).toEqual([7, 7, 7, 7]);
  expect(`${served.recv(10)}`).toBe('ef');
  client.close();
  served.close();
});

test('getsockopt() with more room than the option needs gives what was written, and keeps no more', () => {
  const sock = new Socket(AF_INET);
  const info = sock.getsockopt(IPPROTO_TCP, TCP_INFO, 1 << 20);
  expect(info.length).toBeGreaterThan(90);
  expect(info.length).toBeLessThan(1000);
  const size = sock.getsockopt(SOL_SOCKET, SO_RCVBUF, 1000);
  expect(size).toHaveLength(4);
  expect(size.readInt32LE()).toBe(sock.getsockopt(SOL_SOCKET, SO_RCVBUF));
  for (const one of [info, size]) expect(one.buffer.byteLength).toBeLessThanOrEqual(4096);
  expect(sock.getsockopt(SOL_SOCKET, SO_RCVBUF, 0)).toHaveLength(0);
  // Two of the number's four bytes.
  expect(sock.getsockopt(SOL_SOCKET, SO_RCVBUF, 2)).toEqual(size.subarray(0, 2));
  sock.close();
});
