// The scenario of the calls that no stream makes: datagrams, pairs, adopted and duplicated
// descriptors, options, and the select module.
import { strict as assert } from 'node:assert';
import { closeSync, openSync } from 'node:fs';
import { FileWrapper, pipe } from '../../lib/index.ts';
import { POLLIN, Poll, select } from '../../lib/select.ts';
import { AF_INET, SHUT_WR, SO_RCVBUF, SOCK_DGRAM, SOL_SOCKET, Socket, socketpair } from '../../lib/socket.ts';
import { codeOf, NOT_NOW, type Run, type Scenario } from './run.ts';

/** Tries again what cannot be done now, as whoever owns a non-blocking socket must. */
function persistently<T>(action: () => T): T {
  for (let tries = 0; ; tries++) {
    try {
      return action();
    } catch (error) {
      if (!NOT_NOW.has(codeOf(error)) || tries === 3) throw error;
    }
  }
}

function datagramSocket(run: Run): Socket {
  const socket = run.own(new Socket(AF_INET, SOCK_DGRAM));
  socket.bind(['127.0.0.1', 0]);
  return socket;
}

async function datagrams(run: Run): Promise<void> {
  const [a, b] = [datagramSocket(run), datagramSocket(run)];
  const address = b.getsockname();
  for (const text of ['one', '', 'three']) {
    persistently(() => a.sendto(text, address));
    const [readable] = await select([b], [], [], 1);
    assert.deepEqual(readable, [b]);
    const [data, from] = persistently(() => b.recvfrom(100));
    assert.equal(data.toString(), text);
    assert.deepEqual(from, a.getsockname());
  }
  a.setsockopt(SOL_SOCKET, SO_RCVBUF, 8192);
  assert(a.getsockopt(SOL_SOCKET, SO_RCVBUF) >= 8192);
}

async function pairs(run: Run): Promise<void> {
  const [a, pair] = socketpair();
  run.own(a);
  run.own(pair);
  const fd = pair.detach();
  let b: Socket;
  try {
    b = Socket.fromFd(fd);
  } catch (error) {
    // It was not taken over, and stays the caller's.
    closeSync(fd);
    throw error;
  }
  run.own(b);
  assert.equal(b.getpeername(), '');
  a.setBlocking(true);
  assert.equal(a.getBlocking(), true);
  a.setBlocking(false);
  const hello = Buffer.from('hello');
  for (let at = 0; at < hello.length; ) at += persistently(() => a.send(hello.subarray(at)));
  a.shutdown(SHUT_WR);
  const poll = new Poll();
  poll.register(b, POLLIN);
  const [event] = await poll.poll(1);
  assert.equal(event?.[0], b.fileno());
  poll.unregister(b);
  const into = Buffer.alloc(hello.length);
  for (let at = 0; at < into.length; ) {
    const count = persistently(() => b.recvInto(into.subarray(at)));
    assert(count > 0);
    at += count;
  }
  assert.deepEqual(into, hello);
}

function files(run: Run): void {
  const [reader, writer] = pipe();
  run.own(reader);
  run.own(writer);
  const again = run.own(new FileWrapper(reader.fd));
  persistently(() => writer.write('x'));
  assert.equal(persistently(() => again.read(9)).toString(), 'x');
  const fd = openSync('/dev/null', 'r');
  try {
    const file = run.own(new FileWrapper(fd));
    file.setBlocking(false);
    assert.equal(persistently(() => file.read(9)).length, 0);
    file.close();
  } finally {
    closeSync(fd);
  }
}

export const calls: Scenario = {
  name: 'calls',
  goals: 1,
  async start(run) {
    await datagrams(run);
    await pairs(run);
    files(run);
    run.done();
  },
};
