// What a channel hears when its peer goes (docs/behaviour.md, section A4). Unlike in CPython, a
// hang-up or error that poll reports together with input only reads, so that nothing is lost.
import { expect, test } from 'vitest';
import { type ChannelMap, FileDispatcher, type FileWrapper, pipe } from '../../lib/index.ts';
import { socketpair } from '../../lib/socket.ts';
import { FAMILIES, passesUntil, WAYS } from '../support/matrix.ts';
import { connectedPair, reset } from '../support/pair.ts';
import { Recorder } from '../support/recorder.ts';

/** A pipe's end as a channel that records. */
class End extends FileDispatcher {
  readonly calls: string[] = [];
  input = '';
  size = 10;
  isWriter = false;

  constructor(file: FileWrapper, map: ChannelMap) {
    super(file, map);
    file.close();
  }

  override readable() {
    return !this.isWriter;
  }

  override writable() {
    return this.isWriter;
  }

  override handleRead() {
    this.calls.push('read');
    this.input += this.recv(this.size);
  }

  override handleWrite() {
    this.calls.push('write');
  }

  override handleClose() {
    this.calls.push('close');
    this.close();
  }
}

for (const way of WAYS) {
  test(`everything a UNIX peer sent before it closed is read (${way.name})`, async () => {
    const map: ChannelMap = new Map();
    const [sock, peer] = socketpair();
    let input = '';
    const channel = new Recorder({
      sock,
      map,
      on: {
        read: (self) => {
          input += self.recv(10);
        },
      },
    });
    peer.send('0123456789'.repeat(10));
    peer.close();
    await passesUntil(way, () => map.size === 0, map, 50);
    expect(input).toBe('0123456789'.repeat(10));
    expect(channel.calls).toEqual([...Array(11).fill('read'), 'close']);
  });

  test(`everything that was written to a pipe is read (${way.name})`, async () => {
    const map: ChannelMap = new Map();
    const [reader, writer] = pipe();
    const channel = new End(reader, map);
    writer.write('0123456789'.repeat(10));
    writer.close();
    await passesUntil(way, () => map.size === 0, map, 50);
    expect(channel.input).toBe('0123456789'.repeat(10));
    // At the end, poll hangs up, where select has the end read.
    const end = way.backend === 'poll' ? ['close'] : ['read', 'close'];
    expect(channel.calls).toEqual([...Array(10).fill('read'), ...end]);
  });

  test(`at the end of an empty pipe, poll only closes and select reads it first (${way.name})`, async () => {
    const map: ChannelMap = new Map();
    const [reader, writer] = pipe();
    const channel = new End(reader, map);
    writer.close();
    await way.passes(1, 1, map);
    expect(channel.calls).toEqual(way.backend === 'poll' ? ['close'] : ['read', 'close']);
    expect(map.size).toBe(0);
  });

  for (const family of FAMILIES) {
    test(`the end of input closes once (${family.name}, ${way.name})`, async () => {
      const map: ChannelMap = new Map();
      const [sock, peer] = connectedPair(family);
      const channel = new Recorder({ sock, map, on: { read: (self) => self.recv(10) } });
      peer.close();
      await passesUntil(way, () => map.size === 0, map);
      await way.passes(1, 0.01, map);
      expect(channel.calls).toEqual(['read', 'close']);
    });

    if (family.name === 'unix') continue;
    test(`a reset closes once, and delivers nothing (${family.name}, ${way.name})`, async () => {
      const map: ChannelMap = new Map();
      const [sock, peer] = connectedPair(family);
      const received: Buffer[] = [];
      const channel = new Recorder({ sock, map, on: { read: (self) => received.push(self.recv(10)) } });
      reset(peer);
      await passesUntil(way, () => map.size === 0, map);
      expect(channel.calls).toEqual(['read', 'close']);
      expect(received).toEqual([Buffer.alloc(0)]);
    });
  }

  test(`the writing end of a pipe without a reader gets a write event, and with poll also a close (${way.name})`, async () => {
    const map: ChannelMap = new Map();
    const [reader, writer] = pipe();
    const channel = new End(writer, map);
    channel.isWriter = true;
    reader.close();
    await way.passes(1, 1, map);
    expect(channel.calls).toEqual(way.backend === 'poll' ? ['write', 'close'] : ['write']);
    channel.close();
  });
}
