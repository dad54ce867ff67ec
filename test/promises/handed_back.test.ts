// What a channel, and a descriptor, has when an iteration or a stream no longer stands in its place.
import { once } from 'node:events';
import { describe, expect, onTestFinished, test } from 'vitest';
import { AsyncChat, Dispatcher } from '../../lib/index.ts';
import { stats } from '../../lib/insight.ts';
import { chunks, lines } from '../../lib/promises.ts';
import { SHUT_WR, type Socket, socketpair } from '../../lib/socket.ts';
import { toDuplex, toReadable, toWritable } from '../../lib/stream.ts';
import { openDescriptors, openedSince } from '../support/descriptors.ts';
import { messageOf, thrownBy } from '../support/failure.ts';
import { BACKENDS } from '../support/matrix.ts';
import { readAll, served } from '../support/streams.ts';
import { eventually } from '../support/wait.ts';

function pair(): [Socket, Socket] {
  const both = socketpair();
  onTestFinished(() => {
    for (const sock of both) sock.close();
  });
  return both;
}

describe.each(BACKENDS)('a channel (%s)', (backend) => {
  /** Its handlers are functions of its own, as fields of a class are. */
  class OfItsOwn extends Dispatcher {
    readonly heard: string[] = [];
    override readable = () => true;
    override writable = () => false;
    override recv = (size: number) => {
      const piece = super.recv(size);
      this.heard.push(`recv ${piece}`);
      return piece;
    };
    override handleRead = () => void this.recv(10);
    override handleClose = () => {
      this.heard.push('handleClose');
      this.close();
    };
    override handleError = (error: unknown) => void this.heard.push(messageOf(error));
    override close = () => {
      this.heard.push('close');
      super.close();
    };
  }

  test('has the functions of its own again, recv() too once the rest has been received', async () => {
    const [here, there] = pair();
    const channel = served(backend, (map) => new OfItsOwn(here, map));
    const before = Object.entries(Object.getOwnPropertyDescriptors(channel));
    there.send('line\nrest');
    for await (const line of lines(channel, { keepOpen: true })) {
      expect(line).toBe('line');
      break;
    }
    await eventually(() => Object.getOwnPropertyDescriptor(channel, 'recv')?.enumerable === true);
    expect(Object.entries(Object.getOwnPropertyDescriptors(channel))).toEqual(before);
    expect(channel.heard).toEqual([]);
    there.send('more');
    await eventually(() => channel.heard.length > 0);
    there.close();
    await eventually(() => here.fileno() === -1);
    expect(channel.heard).toEqual(['recv more', 'handleClose', 'close', 'recv ']);
  });

  test('keeps a handler that it was given meanwhile', async () => {
    const [here, there] = pair();
    const channel = served(backend, (map) => new OfItsOwn(here, map));
    there.send('line\n');
    for await (const _line of lines(channel, { keepOpen: true })) {
      channel.handleError = () => void channel.heard.push('the new one');
      channel.handleRead = () => {
        throw new Error('mine');
      };
      break;
    }
    there.send('x');
    await eventually(() => channel.heard.length > 0);
    expect(channel.heard[0]).toBe('the new one');
    channel.close();
  });

  test.each([Dispatcher, AsyncChat])('gives the next one what the last one left', async (kind) => {
    const [here, there] = pair();
    const channel = served(backend, (map) => new kind(here, map));
    there.send('one\ntwo\nthree\nfo');
    const seen: string[] = [];
    for (let i = 0; i < 2; i++) {
      for await (const line of lines(channel, { keepOpen: true })) {
        seen.push(line);
        break;
      }
    }
    for await (const piece of chunks(channel, { keepOpen: true })) {
      seen.push(piece.toString());
      break;
    }
    there.send('ur\nfive\nsix');
    for await (const line of lines(channel, { keepOpen: true })) {
      seen.push(line);
      break;
    }
    const stream = toDuplex(channel);
    there.close();
    seen.push((await readAll(stream)).toString());
    expect(seen).toEqual(['one', 'two', 'three\nfo', 'ur', 'five\nsix']);
    stream.destroy();
  });

  test('whose peer has ended tells that to a stream, and not once more to itself', async () => {
    const [here, there] = pair();
    const heard: string[] = [];
    class Ended extends AsyncChat {
      override handleEof() {
        heard.push('handleEof');
      }
    }
    const channel = served(backend, (map) => new Ended(here, map));
    there.shutdown(SHUT_WR);
    await eventually(() => heard.length > 0);
    channel.acInBuffer = Buffer.from('before');
    for await (const piece of chunks(channel, { keepOpen: true })) {
      expect(piece.toString()).toBe('before');
      break;
    }
    const spins = stats(channel.map);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(stats(channel.map).passes - spins.passes).toBeLessThan(5);
    const stream = toDuplex(channel);
    stream.resume();
    await once(stream, 'end');
    stream.end('answer');
    await once(stream, 'close');
    expect(there.recv(10).toString()).toBe('answer');
    expect(heard).toEqual(['handleEof']);
  });

  /** Leaves the first line to an iteration, and gives all that follows back to the channel. */
  async function takeLine(channel: Dispatcher): Promise<void> {
    for await (const line of lines(channel, { keepOpen: true })) {
      expect(line).toBe('line');
      break;
    }
  }

  /** Takes so many bytes at a time and says what it took. */
  class Reader extends Dispatcher {
    readonly heard: string[] = [];
    wants = true;
    readonly size: number = 1;
    override readable() {
      return this.wants;
    }
    override writable() {
      return false;
    }
    override handleRead(): unknown {
      this.heard.push(this.recv(this.size).toString());
      return undefined;
    }
    override handleClose() {
      this.heard.push('handleClose');
      this.close();
    }
    override handleError(error: unknown) {
      this.heard.push(messageOf(error));
    }
  }

  test('whose handler is async receives what was not used one piece after the other, before anything new', async () => {
    const [here, there] = pair();
    class Async extends Reader {
      #pending = 0;
      override async handleRead() {
        const piece = this.recv(1).toString();
        if (piece === '') return;
        this.heard.push(`${piece}${++this.#pending}`);
        await new Promise((resolve) => setTimeout(resolve, 5));
        this.#pending--;
        if (piece === 'b') throw new Error('mine');
      }
    }
    const channel = served(backend, (map) => new Async(here, map));
    there.send('line\nabc');
    await takeLine(channel);
    there.send('de');
    there.close();
    await eventually(() => here.fileno() === -1);
    expect(channel.heard).toEqual(['a1', 'b1', 'mine', 'c1', 'd1', 'e1', 'handleClose']);
  });

  test('whose handler uses an iteration is not told of more until the handler is done', async () => {
    for (const [end, more] of [
      ['ne\n', 'li'],
      ['ne\nli', ''],
    ] as const) {
      const [here, there] = pair();
      class Async extends Reader {
        override async handleRead() {
          this.heard.push('begins');
          if (this.heard.length > 4) return;
          setTimeout(() => there.send(end), 5);
          await takeLine(this);
          there.send(more);
          await new Promise((resolve) => setTimeout(resolve, 20));
          this.heard.push('ends');
        }
      }
      const channel = served(backend, (map) => new Async(here, map));
      there.send('li');
      await eventually(() => channel.heard.length > 3);
      channel.close();
      expect(channel.heard.slice(0, 4)).toEqual(['begins', 'ends', 'begins', 'ends']);
    }
  });

  test.each([true, false])('does not receive from one socket what came by another (closed: %s)', async (closes) => {
    const [old, there] = pair();
    const [next, peer] = pair();
    class Moving extends Reader {
      override size = 4;
      override handleRead() {
        super.handleRead();
        if (this.heard.length > 1) return;
        if (closes) this.close();
        else this.delChannel();
        this.setSocket(next);
        this.connected = true;
      }
    }
    const channel = served(backend, (map) => {
      new Dispatcher(pair()[0], map).unref();
      return new Moving(old, map);
    });
    there.send('line\nQUITold1old2');
    await takeLine(channel);
    await eventually(() => channel.heard.length > 0);
    const into = Buffer.alloc(4);
    expect(thrownBy(() => channel.recvInto(into))).toMatchObject({ code: 'EAGAIN' });
    peer.send('new1');
    await eventually(() => channel.heard.length > 1);
    expect(channel.heard).toEqual(['QUIT', 'new1']);
    channel.close();
  });

  test('that was closed receives nothing any more', async () => {
    const [here, there] = pair();
    const channel = served(backend, (map) => new Reader(here, map));
    there.send('line\nrest');
    await takeLine(channel);
    channel.close();
    expect(channel.recv(4).toString()).toBe('');
  });

  test('is asked whether it wants what was not used, which waits until it does', async () => {
    const [here, there] = pair();
    const channel = served(backend, (map) => new Reader(here, map));
    channel.wants = false;
    there.send('line\nabc');
    await takeLine(channel);
    const { passes } = stats(channel.map);
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(channel.heard).toEqual([]);
    expect(stats(channel.map).passes - passes).toBeLessThan(5);
    channel.wants = true;
    await eventually(() => channel.heard.length > 2);
    expect(channel.heard).toEqual(['a', 'b', 'c']);
    channel.close();
  });

  test('that pauses gets what was not used when it resumes, also when its peer has ended', async () => {
    const [here, there] = pair();
    class Chat extends AsyncChat {
      readonly heard: string[] = [];
      override collectIncomingData(data: Buffer) {
        this.heard.push(data.toString());
      }
      override handleEof() {
        this.heard.push('handleEof');
      }
    }
    const channel = served(backend, (map) => new Chat(here, map));
    channel.setTerminator(null);
    there.shutdown(SHUT_WR);
    await eventually(() => channel.heard.length > 0);
    channel.acInBuffer = Buffer.from('line\nabc');
    channel.pauseIncoming();
    await takeLine(channel);
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(channel.heard).toEqual(['handleEof']);
    channel.resumeIncoming();
    await eventually(() => channel.heard.length > 1);
    expect(channel.heard).toEqual(['handleEof', 'abc']);
    channel.close();
  });

  test.each([
    ['', (channel: Reader) => void channel.heard.push('told')],
    ['async ', async (channel: Reader) => void channel.heard.push('told')],
  ])(
    'whose %shandler takes nothing is told once, and again when it has said that it wants nothing',
    async (_, tell) => {
      const [here, there] = pair();
      class Idle extends Reader {
        override handleRead() {
          return tell(this);
        }
      }
      const channel = served(backend, (map) => new Idle(here, map));
      there.send('line\nabc');
      await takeLine(channel);
      await new Promise((resolve) => setTimeout(resolve, 30));
      expect(channel.heard).toEqual(['told']);
      channel.wants = false;
      await new Promise((resolve) => setTimeout(resolve, 30));
      channel.wants = true;
      await eventually(() => channel.heard.length > 1);
      expect(channel.recv(10).toString()).toBe('abc');
      channel.close();
    },
  );
});

test('a number is left as it was: with keepOpen, its duplicate is closed', async () => {
  const [here, there] = pair();
  const before = openDescriptors();
  for (const over of [chunks, lines]) {
    there.send('line\n');
    for await (const _step of over(here.fileno(), { keepOpen: true })) break;
  }
  expect(openedSince(before)).toEqual([]);
  expect(here.fileno()).toBeGreaterThan(-1);
});

/** One to which nobody can listen. */
const signal = {
  aborted: false,
  addEventListener() {
    throw new Error('mine');
  },
  removeEventListener() {},
};

test.each([toDuplex, toReadable, toWritable])(
  'a signal that cannot be listened to leaves the source alone',
  async (make) => {
    const [sock, there] = pair();
    const [here, peer] = pair();
    class Reader extends Dispatcher {
      received = '';
      override writable() {
        return false;
      }
      override handleRead() {
        this.received += this.recv(10);
      }
    }
    const channel = served('poll', (map) => new Reader(sock, map));
    const before = openDescriptors();
    for (const source of [channel, here, here.fileno()]) {
      expect(messageOf(thrownBy(() => Reflect.apply(make, undefined, [source, { signal }])))).toBe('mine');
    }
    expect(openedSince(before)).toEqual([]);
    there.send('hello');
    await eventually(() => channel.received === 'hello');
    channel.close();
    peer.send('hello');
    expect(here.recv(10).toString()).toBe('hello');
  },
);
