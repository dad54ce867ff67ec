// Handlers that do what handlers should not: docs/reliability.md, section E. The others are served,
// each once, and the loop goes on.
import { AsyncLocalStorage } from 'node:async_hooks';
import { afterEach, expect, test } from 'vitest';
import { type ChannelMap, closeAll, Dispatcher, DispatcherWithSend, loop } from '../../lib/index.ts';
import { type Socket, socketpair } from '../../lib/socket.ts';
import { BACKENDS, passesUntil, WAYS } from '../support/matrix.ts';
import { Recorder, type Step } from '../support/recorder.ts';
import { within } from '../support/time.ts';
import { eventually } from '../support/wait.ts';

const map: ChannelMap = new Map();
let peers: Socket[] = [];

afterEach(() => {
  closeAll(map);
  for (const peer of peers) peer.close();
  peers = [];
});

/** Channels with something to read. */
function channels(count: number, on: Partial<Record<Step, (self: Recorder) => unknown>>): Recorder[] {
  return Array.from({ length: count }, (_, i) => {
    const [sock, peer] = socketpair();
    peer.send('x');
    peers.push(peer);
    return new Recorder({ sock, map, name: `${i}`, on });
  });
}

for (const way of WAYS) {
  test(`a handler that closes every channel is the last one of the pass (${way.name})`, async () => {
    const all = channels(20, { read: () => closeAll(map) });
    await way.passes(2, 0.01, map);
    expect(all.flatMap(({ calls }) => calls)).toEqual(['0read']);
    expect(map.size).toBe(0);
  });

  test(`a map whose entries every handler rearranges loses no channel (${way.name})`, async () => {
    const reads: number[] = [];
    const all = channels(30, {
      read: (self) => {
        self.recv(10);
        reads.push(Number(self.name));
        // Everybody but the first leaves and comes back; the caller changes its own entry, too.
        for (const [fd, channel] of [...map].slice(1)) {
          map.delete(fd);
          map.set(fd, channel);
        }
      },
    });
    await passesUntil(way, () => reads.length === all.length, map);
    expect(reads.toSorted((a, b) => a - b)).toEqual(all.map((_, i) => i));
    expect(all.flatMap(({ errors }) => errors)).toEqual([]);
    expect(map.size).toBe(all.length);
  });

  test(`a channel in two maps is served by whichever map is looped over (${way.name})`, async () => {
    const other: ChannelMap = new Map();
    const [sock, peer] = socketpair();
    peers.push(peer);
    class Sender extends DispatcherWithSend {
      reads = 0;
      override handleRead() {
        this.reads++;
        this.recv(10);
      }
    }
    const sender = new Sender(sock, map);
    await way.passes(1, 0, map);
    sender.addChannel(other);
    await way.passes(1, 0, other);
    // The first map must hear of what changed although the second one has been told of it, too.
    for (const each of [map, other, map]) {
      peer.send('x');
      const { reads } = sender;
      await passesUntil(way, () => sender.reads > reads, each);
      sender.outBuffer.push(Buffer.from('y'));
      await passesUntil(way, () => sender.outBuffer.length === 0, each);
    }
    other.delete(sock.fileno());
    expect(peer.recv(10).toString()).toBe('yyy');
  });

  test(`a handleClose() that closes, and calls itself, comes to an end (${way.name})`, async () => {
    let closes = 0;
    class Own extends Dispatcher {
      override writable() {
        return false;
      }
      override handleRead() {
        this.recv(10);
      }
      override handleClose() {
        super.handleClose();
        super.handleClose();
        if (closes++ === 0) this.handleClose();
      }
    }
    const [sock, peer] = socketpair();
    new Own(sock, map);
    peer.close();
    await passesUntil(way, () => map.size === 0, map);
    expect(closes).toBe(2);
  });

  test(`beside a channel that always has input, all others are served in every pass (${way.name})`, async () => {
    const [sock, firehose] = socketpair();
    peers.push(firehose);
    class Drinker extends Dispatcher {
      bytes = 0;
      override writable() {
        return false;
      }
      override handleRead() {
        this.bytes += this.recv(4096).length;
        pour();
      }
    }
    const pour = () => {
      try {
        firehose.send(Buffer.alloc(8192));
      } catch {
        // Full.
      }
    };
    pour();
    const drinker = new Drinker(sock, map);
    const all = channels(99, { read: (self) => self.recv(10) });
    for (let pass = 1; pass <= 10; pass++) {
      await way.passes(1, 1, map);
      expect(all.every(({ calls }) => calls.length === pass)).toBe(true);
      for (const peer of peers.slice(1)) peer.send('x');
    }
    expect(drinker.bytes).toBe(10 * 4096);
  });
}

for (const backend of BACKENDS) {
  test(`what a handler defers to a promise is done before the next pass (${backend})`, async () => {
    const steps: string[] = [];
    const all = channels(1, {
      read: (self) => {
        steps.push('read');
        Promise.resolve().then(() => steps.push('promise'));
        process.nextTick(() => steps.push('tick'));
        if (steps.length > 6) self.close();
      },
    });
    await within(loop({ backend, map }), 5, 'the end');
    expect(all[0]?.errors).toEqual([]);
    const passes = steps.join(' ').split('read').slice(1, -1);
    expect(passes.every((pass) => pass.includes('promise') && pass.includes('tick'))).toBe(true);
  });

  test(`handlers run in the async context of their loop() (${backend})`, async () => {
    const storage = new AsyncLocalStorage<string>();
    const seen: unknown[] = [];
    const own: ChannelMap[] = [new Map(), new Map()];
    const made = own.map((each) => {
      const [sock, peer] = socketpair();
      peers.push(peer);
      const read = (self: Recorder) => {
        self.recv(9);
        seen.push(storage.getStore());
      };
      return new Recorder({ sock, map: each, on: { read } });
    });
    const ends = own.map((each, i) => storage.run(`loop ${i}`, () => loop({ backend, map: each, timeout: 5 })));
    for (const peer of peers) {
      const { length } = seen;
      // Once while it sleeps and once while it is busy.
      peer.send('x');
      await eventually(() => seen.length > length);
    }
    for (const each of made) each.close();
    await Promise.all(ends);
    expect(seen).toEqual(['loop 0', 'loop 1']);
  });
}
