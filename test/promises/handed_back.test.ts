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
