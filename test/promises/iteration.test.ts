// `for await` over pieces, lines and connections: all that comes, errors in the loop, and what leaving early does.
import { randomBytes } from 'node:crypto';
import { describe, expect, onTestFinished, test } from 'vitest';
import { AsyncChat, Dispatcher, DispatcherWithSend, pipe } from '../../lib/index.ts';
import { chunks, connections, lines, sockSendall } from '../../lib/promises.ts';
import { AF_INET, AF_UNIX, SHUT_WR, SOCK_DGRAM, Socket, socketpair } from '../../lib/socket.ts';
import { BACKENDS, FAMILIES } from '../support/matrix.ts';
import { connectedPair, listening, reset } from '../support/pair.ts';
import { ORIGINS, served } from '../support/streams.ts';
import { eventually } from '../support/wait.ts';

function pair(): [Socket, Socket] {
  const both = socketpair();
  onTestFinished(() => {
    for (const sock of both) sock.close();
  });
  return both;
}

describe.each(ORIGINS)('over a $name', ({ of, duplicates }) => {
  const made = () => {
    const [here, there] = pair();
    const origin = of(here);
    // It is duplicated when the loop begins.
    return { here, there, origin };
  };

  test('chunks() gives all that comes, and closes at the end', async () => {
    const { here, there, origin } = made();
    const sent = randomBytes(1_000_000);
    const sending = sockSendall(there, sent).then(() => there.close());
    const pieces: Buffer[] = [];
    for await (const piece of chunks(origin)) pieces.push(piece);
    await sending;
    expect(Buffer.concat(pieces).equals(sent)).toBe(true);
    if (!duplicates) expect(here.fileno()).toBe(-1);
  });

  test('lines() gives each line without its end, however it comes', async () => {
    const { there, origin } = made();
    const sent = 'one\r\ntwo\n\n\rthree\r\r\nä€😀\nlast';
    const sending = (async () => {
      for (const byte of Buffer.from(sent)) await sockSendall(there, Uint8Array.of(byte));
      there.close();
    })();
    const found: string[] = [];
    for await (const line of lines(origin)) found.push(line);
    await sending;
    expect(found).toEqual(['one', 'two', '', '\rthree\r', 'ä€😀', 'last']);
  });

  test('leaving early closes the source', async () => {
    const { here, there, origin } = made();
    there.send('one\ntwo\n');
    for await (const line of lines(origin)) {
      expect(line).toBe('one');
      break;
    }
    if (!duplicates) expect(here.fileno()).toBe(-1);
    const thrown = new Error('in the loop');
    const other = made();
    other.there.send('x');
    const looping = (async () => {
      for await (const piece of chunks(other.origin)) throw piece.length === 1 ? thrown : new Error('other');
    })();
    await expect(looping).rejects.toBe(thrown);
    if (!duplicates) expect(other.here.fileno()).toBe(-1);
  });

  test('a signal and a time reach the loop, and close the source', async () => {
    for (const { options, code } of [
      { options: { signal: AbortSignal.timeout(20) }, code: 'ABORT_ERR' },
      { options: { timeout: 0.02 }, code: 'ETIMEDOUT' },
    ]) {
      const { here, origin } = made();
      const looping = (async () => {
        for await (const line of lines(origin, options)) throw new Error(line);
      })();
      await expect(looping).rejects.toMatchObject({ code });
      if (!duplicates) expect(here.fileno()).toBe(-1);
    }
  });

  test('a line that is too long is an error in the loop', async () => {
    const { there, origin } = made();
    there.send('x'.repeat(100));
    const looping = (async () => {
      for await (const line of lines(origin, { maxLength: 50 })) throw new Error(line);
    })();
    await expect(looping).rejects.toMatchObject({ code: 'ERR_INCOMING_TOO_LONG' });
  });
});

test('lines() takes any separator and encoding', async () => {
  const [here, there] = pair();
  there.send(Buffer.from('a-b--c---d', 'latin1'));
  there.send(Uint8Array.of(0xe4));
  there.close();
  const found: string[] = [];
  for await (const line of lines(here, { separator: '--', encoding: 'latin1', size: 1 })) found.push(line);
  expect(found).toEqual(['a-b', 'c', '-dä']);
});

test.each([chunks, lines])('an empty datagram is no end', async (over) => {
  const [here, there] = socketpair(AF_UNIX, SOCK_DGRAM);
  const sent = ['', 'one\n', '', 'two\n'];
  for (const each of sent) there.send(each);
  const found: string[] = [];
  for await (const each of over(here)) {
    found.push(String(each).trim());
    if (found.at(-1) === 'two') break;
  }
  expect(found.join('')).toBe('onetwo');
  there.close();
});

test('keepOpen leaves a Socket open, and what was received behind the line is in rest', async () => {
  const [here, there] = pair();
  there.send('one\ntwo\nthr');
  const reading = lines(here, { keepOpen: true });
  for await (const line of reading) if (line === 'one') break;
  expect(reading.rest.toString()).toBe('two\nthr');
  there.send('ee\n');
  for await (const piece of chunks(here, { keepOpen: true })) {
    expect(piece.toString()).toBe('ee\n');
    break;
  }
  expect(here.fileno()).toBeGreaterThan(-1);
});

test('an error reaches the loop', async () => {
  for (const family of FAMILIES.slice(0, 2)) {
    const [client, server] = connectedPair(family);
    client.send('x');
    const looping = (async () => {
      for await (const piece of chunks(server)) {
        expect(piece.toString()).toBe('x');
        reset(client);
      }
    })();
    await expect(looping).rejects.toMatchObject({ code: 'ECONNRESET', syscall: 'recv' });
    expect(server.fileno()).toBe(-1);
  }
});

test('nothing is read ahead: the peer is slowed down', async () => {
  const [reader, writer] = pipe();
  let written = 0;
  const fillUp = () => {
    try {
      for (;;) written += writer.write(Buffer.alloc(4096));
    } catch {
      return written;
    }
  };
  fillUp();
  const iterator = chunks(reader, { size: 4096 });
  await iterator.next();
  const after = fillUp();
  for (let i = 0; i < 20; i++) await new Promise(setImmediate);
  expect(fillUp()).toBe(after);
  await iterator.return();
  writer.close();
});

describe.each(BACKENDS)('a channel (%s)', (backend) => {
  test('goes on sending while its lines are looped over', async () => {
    const [here, there] = pair();
    const chat = served(backend, (map) => new AsyncChat(here, map));
    const answering = (async () => {
      for await (const line of lines(chat)) chat.push(`you said ${line}\n`);
    })();
    const answers: string[] = [];
    for (const word of ['one', 'two']) {
      await sockSendall(there, `${word}\n`);
      for await (const answer of lines(there, { keepOpen: true })) {
        answers.push(answer);
        break;
      }
    }
    there.shutdown(SHUT_WR);
    await answering;
    expect(answers).toEqual(['you said one', 'you said two']);
    expect(here.fileno()).toBe(-1);
  });

  test('gets its handlers back with keepOpen, and what was received behind the line', async () => {
    const [here, there] = pair();
    const seen: string[] = [];
    class Lines extends AsyncChat {
      override collectIncomingData(data: Buffer) {
        this._collectIncomingData(data);
      }
      override foundTerminator() {
        seen.push(this._getData().toString());
      }
    }
    const chat = served(backend, (map) => {
      const made = new Lines(here, map);
      made.setTerminator('\n');
      return made;
    });
    there.send('hello\nfirst\nsecond\nthi');
    for await (const line of lines(chat, { keepOpen: true })) {
      expect(line).toBe('hello');
      break;
    }
    await eventually(() => seen.length === 2);
    there.send('rd\n');
    await eventually(() => seen.length === 3);
    expect(seen).toEqual(['first', 'second', 'third']);
    chat.close();
  });

  test('that is no AsyncChat receives again what was not used, in pieces as it asks', async () => {
    const [here, there] = pair();
    const seen: string[] = [];
    class Small extends Dispatcher {
      override writable() {
        return false;
      }
      override handleRead() {
        seen.push(this.recv(2).toString());
      }
    }
    const channel = served(backend, (map) => new Small(here, map));
    there.send('line\nabcde');
    for await (const line of lines(channel, { keepOpen: true })) {
      expect(line).toBe('line');
      break;
    }
    await eventually(() => seen.length === 3);
    there.send('f');
    await eventually(() => seen.length === 4);
    expect(seen).toEqual(['ab', 'cd', 'e', 'f']);
    channel.close();
  });

  test('that somebody closes ends the loop', async () => {
    const [here] = pair();
    const channel = served(backend, (map) => new DispatcherWithSend(here, map));
    setTimeout(() => channel.close(), 10);
    for await (const piece of chunks(channel)) throw new Error(String(piece));
    expect(here.fileno()).toBe(-1);
  });

  test('that listens gives its connections', async () => {
    const listener = served(backend, (map) => {
      const made = new Dispatcher(null, map);
      made.createSocket(AF_INET);
      made.bind(['127.0.0.1', 0]);
      made.listen();
      return made;
    });
    await acceptsThree(listener, listener.socket?.getsockname() ?? '');
    expect(listener.accepting).toBe(false);
  });
});

async function acceptsThree(listener: Socket | Dispatcher, address: Parameters<Socket['connectEx']>[0]): Promise<void> {
  const clients = Array.from({ length: 3 }, () => new Socket(AF_INET));
  setTimeout(() => clients[2]?.connectEx(address), 10);
  for (const client of clients.slice(0, 2)) client.connectEx(address);
  let count = 0;
  for await (const [sock, from] of connections(listener)) {
    expect(from).toEqual(clients[count]?.getsockname());
    sock.close();
    if (++count === 3) break;
  }
  expect(count).toBe(3);
  for (const client of clients) client.close();
}

test('connections() of a Socket; leaving the loop closes it, unless it is to be kept open', async () => {
  const listener = listening({ family: AF_INET, address: () => ['127.0.0.1', 0] });
  const client = new Socket(AF_INET);
  client.connectEx(listener.getsockname());
  for await (const [sock] of connections(listener, { keepOpen: true })) {
    sock.close();
    break;
  }
  client.close();
  await acceptsThree(listener, listener.getsockname());
  expect(listener.fileno()).toBe(-1);
});
