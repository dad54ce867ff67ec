// Readiness that is easily taken for something else: docs/reliability.md, section B. Every byte is
// delivered, the end comes once, and what is always ready starves nobody.
import { execFileSync } from 'node:child_process';
import { closeSync, constants, openSync, writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, test } from 'vitest';
import {
  AsyncChat,
  type ChannelMap,
  closeAll,
  Dispatcher,
  DispatcherWithSend,
  FileDispatcher,
  type FileWrapper,
  loop,
  pipe,
} from '../../lib/index.ts';
import { SHUT_WR, SO_ERROR, SOCK_DGRAM, SOL_SOCKET, Socket, socketpair } from '../../lib/socket.ts';
import { messageOf } from '../support/failure.ts';
import { BACKENDS, FAMILIES, passesUntil, temporaryPath, WAYS } from '../support/matrix.ts';
import { connectedPair } from '../support/pair.ts';
import { Recorder } from '../support/recorder.ts';
import { within } from '../support/time.ts';
import { eventually } from '../support/wait.ts';

const map: ChannelMap = new Map();
const { O_NONBLOCK, O_RDONLY, O_RDWR, O_WRONLY } = constants;

afterEach(() => closeAll(map));

/** A channel on a file that writes down what it hears. */
class File extends FileDispatcher {
  readonly calls: string[] = [];
  input = '';

  constructor(fd: number | FileWrapper) {
    super(fd, map);
  }

  override writable() {
    return false;
  }

  override handleRead() {
    this.input += this.recv(4096);
  }

  override handleClose() {
    this.calls.push('close');
    this.close();
  }

  override handleError(error: unknown) {
    this.calls.push(`error ${messageOf(error)}`);
    this.close();
  }
}

function fifo(): string {
  const path = temporaryPath();
  execFileSync('mkfifo', [path]);
  return path;
}

for (const way of WAYS) {
  for (const family of FAMILIES) {
    test(`100 kB before the end are read to the last byte (${family.name}, ${way.name})`, async () => {
      for (const halfClosed of [false, true]) {
        const [sock, peer] = connectedPair(family);
        const sent = Buffer.from(Array.from({ length: 100_000 }, (_, i) => i % 251));
        const received: Buffer[] = [];
        const channel = new Recorder({ sock, map, on: { read: (self) => received.push(self.recv(8192)) } });
        // With both ends finished, poll reports a hang-up from the first byte on.
        if (halfClosed) sock.shutdown(SHUT_WR);
        for (let at = 0; at < sent.length; ) {
          try {
            at += peer.send(sent.subarray(at));
          } catch {
            await way.passes(1, 0.01, map);
          }
        }
        peer.close();
        await passesUntil(way, () => map.size === 0, map);
        expect(Buffer.concat(received).equals(sent)).toBe(true);
        expect(channel.calls.filter((call) => call !== 'read')).toEqual(['close']);
      }
    });
  }

  test(`an empty send leaves nothing to be sent (${way.name})`, async () => {
    const [sock, peer] = socketpair();
    const [other, otherPeer] = socketpair();
    const channel = new DispatcherWithSend(sock, map);
    const chat = new AsyncChat(other, map);
    for (let i = 0; i < 10_000; i++) {
      channel.send('');
      chat.push('');
    }
    expect([channel.writable(), chat.writable()]).toEqual([false, false]);
    for (const each of [peer, otherPeer]) expect(() => each.recv(1)).toThrow('EAGAIN');
    for (const each of [peer, otherPeer]) each.close();
  });

  test(`a FIFO that was never opened for writing is not at its end (${way.name})`, async () => {
    const path = fifo();
    const fd = openSync(path, O_RDONLY | O_NONBLOCK);
    const channel = new File(fd);
    closeSync(fd);
    await way.passes(5, 0.002, map);
    expect(channel.calls).toEqual([]);
    const writer = openSync(path, O_WRONLY);
    writeSync(writer, 'first');
    await passesUntil(way, () => channel.input === 'first', map);
    closeSync(writer);
    await passesUntil(way, () => map.size === 0, map);
    expect(channel.calls).toEqual(['close']);
  });

  test(`a FIFO that is also open for writing outlives its writers (${way.name})`, async () => {
    const path = fifo();
    const fd = openSync(path, O_RDWR | O_NONBLOCK);
    const channel = new File(fd);
    closeSync(fd);
    for (let i = 0; i < 20; i++) {
      const writer = openSync(path, O_WRONLY);
      writeSync(writer, `${i},`);
      closeSync(writer);
      await passesUntil(way, () => channel.input.endsWith(`${i},`), map);
    }
    expect(channel.calls).toEqual([]);
  });

  test(`a pipe takes what it has room for, and all of it arrives in order (${way.name})`, async () => {
    const [reader, writer] = pipe();
    const sent = Buffer.from(Array.from({ length: 300_000 }, (_, i) => i % 253));
    let at = 0;
    class Writer extends File {
      override readable() {
        return false;
      }
      override writable() {
        return at < sent.length;
      }
      override handleWrite() {
        at += this.send(sent.subarray(at));
      }
    }
    new Writer(writer);
    writer.close();
    await passesUntil(way, () => at > 0, map);
    // As little as Linux takes for no room, and as little as it takes for some.
    const received = [reader.recv(100)];
    await way.passes(2, 0.001, map);
    received.push(reader.recv(4196));
    let length = 4296;
    const drain = () => {
      try {
        const data = reader.recv(65536);
        received.push(data);
        length += data.length;
      } catch {
        // Nothing at the moment.
      }
      return length === sent.length;
    };
    await passesUntil(way, drain, map);
    expect(Buffer.concat(received).equals(sent)).toBe(true);
    reader.close();
  });

  test(`a channel that wants nothing and whose peer has gone does not wake the loop (${way.name})`, async () => {
    const [sock, peer] = socketpair();
    const paused = new Recorder({ sock, map, read: false });
    peer.close();
    const began = performance.now();
    await way.passes(1, 0.05, map);
    expect(performance.now() - began).toBeGreaterThanOrEqual(50);
    expect(paused.calls).toEqual([]);
    paused.read = true;
    await passesUntil(way, () => paused.calls.length > 0, map);
  });

  test(`a connected datagram socket hears that nobody is at the port (${way.name})`, async () => {
    const gone = new Socket(undefined, SOCK_DGRAM);
    gone.bind(['127.0.0.1', 0]);
    const address = gone.getsockname();
    gone.close();
    const calls: string[] = [];
    class Client extends Dispatcher {
      override writable() {
        return false;
      }
      override handleRead() {
        calls.push(`read ${this.recv(10).length}`);
      }
      override handleClose() {
        calls.push(`close ${this.socket?.getsockopt(SOL_SOCKET, SO_ERROR) !== 0}`);
        this.close();
      }
      override handleError(error: unknown) {
        calls.push(`error ${messageOf(error)}`);
        this.close();
      }
    }
    const client = new Client(null, map);
    client.createSocket(undefined, SOCK_DGRAM);
    client.connect(address);
    client.send('x');
    await passesUntil(way, () => calls.length > 0, map);
    await way.passes(2, 0.001, map);
    // As in CPython: poll() reports an error without input, which closes; select() lets it be read.
    expect(calls).toEqual([way.backend === 'poll' ? 'close true' : 'error ECONNREFUSED']);
  });
}

for (const backend of BACKENDS) {
  for (const file of ['/dev/zero', '/dev/null', '/etc', '/proc/self/maps']) {
    test(`a descriptor that is always ready leaves time for others: ${file} (${backend})`, async () => {
      const fd = openSync(file, 'r');
      const [sock, peer] = socketpair();
      const channel = new Recorder({ sock, map, on: { read: (self) => self.recv(1) } });
      const always = new File(fd);
      closeSync(fd);
      const stop = new AbortController();
      const end = loop({ backend, map, timeout: 30, signal: stop.signal });
      peer.send('x');
      const heard = { '/dev/zero': [], '/etc': ['error EISDIR'] }[file] ?? ['close'];
      await eventually(() => channel.calls.length > 0 && always.calls.length >= heard.length);
      await within(sleep(5), 2, 'a timer');
      expect([channel.calls, always.calls]).toEqual([['read'], heard]);
      stop.abort();
      await end.catch(() => {});
      closeAll(map);
      peer.close();
    });
  }
}

test('a handleClose that notes the end and first sends what waits loses nothing to a half-close', async () => {
  const [sock, peer] = socketpair();
  class Replier extends DispatcherWithSend {
    ended = false;
    override readable() {
      return !this.ended;
    }
    override handleRead() {
      if (this.recv(10).length > 0) this.send(Buffer.alloc(1_000_000));
    }
    override handleWrite() {
      super.handleWrite();
      if (this.ended && this.outBuffer.length === 0) this.close();
    }
    override handleClose() {
      this.ended = true;
      if (this.outBuffer.length === 0) this.close();
    }
  }
  new Replier(sock, map);
  peer.send('?');
  peer.shutdown(SHUT_WR);
  let received = 0;
  const end = loop({ map, timeout: 1 });
  for (const deadline = performance.now() + 5000; map.size > 0 && performance.now() < deadline; await sleep(0)) {
    try {
      received += peer.recv(1 << 20).length;
    } catch {
      // Nothing at the moment.
    }
  }
  await end;
  while (received < 1_000_000) received += peer.recv(1 << 20).length;
  expect(received).toBe(1_000_000);
  peer.close();
});
