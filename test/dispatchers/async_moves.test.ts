// What waits for a handler's promise belongs to the channel, not to its place in a map.
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { AsyncChat, type ChannelMap, Dispatcher, ExitNow, loop } from '../../lib/index.ts';
import { SHUT_WR, Socket, socketpair } from '../../lib/socket.ts';
import { BACKENDS } from '../support/matrix.ts';
import { within } from '../support/time.ts';

/** Reads a byte at a time, takes 20 ms over it, and notes how many reads were pending at once. */
class Slow extends Dispatcher {
  pending = 0;
  readonly seen: number[] = [];
  override writable() {
    return false;
  }
  override async handleRead() {
    const data = this.recv(1);
    if (data.length === 0) return;
    this.seen.push(++this.pending);
    this.begun();
    await sleep(20);
    this.pending--;
  }
  override handleClose() {
    this.close();
  }
  begun(): void {}
}

const ONE_AT_A_TIME = [1, 1, 1];

for (const backend of BACKENDS) {
  const run = (map: ChannelMap, what: string) => within(loop({ backend, map, timeout: null }), 5, what);

  /** A channel in `map` whose peer has sent three bytes and its end. */
  function slow(kind: typeof Slow, map: ChannelMap): Slow {
    return new kind(sent('abc'), map);
  }

  test(`in two maps, a channel's next event waits for its handler's promise (${backend})`, async () => {
    const first: ChannelMap = new Map();
    const second: ChannelMap = new Map();
    const channel = slow(Slow, first);
    second.set(channel.fileno(), channel);
    await Promise.all([run(first, 'the first'), run(second, 'the second')]);
    expect(channel.seen).toEqual(ONE_AT_A_TIME);
  });

  test(`so it does in another map, and in the same one again (${backend})`, async () => {
    const first: ChannelMap = new Map();
    const second: ChannelMap = new Map();
    const Moving = class extends Slow {
      override begun() {
        const fd = this.fileno();
        first.delete(fd);
        if (this.seen.length < 3) second.delete(fd);
        second.set(fd, this);
      }
    };
    const channel = slow(Moving, first);
    await run(first, 'the first');
    await run(second, 'the second');
    expect(channel.seen).toEqual(ONE_AT_A_TIME);
  });

  test(`so it does when it takes its socket again (${backend})`, async () => {
    const map: ChannelMap = new Map();
    const Taking = class extends Slow {
      override begun() {
        if (this.socket !== null) this.setSocket(this.socket, map);
      }
    };
    const channel = slow(Taking, map);
    await run(map, 'its end');
    expect(channel.seen).toEqual(ONE_AT_A_TIME);
  });

  test(`what a pending handler throws ends the loop of the map that its channel is in now (${backend})`, async () => {
    const first: ChannelMap = new Map();
    const second: ChannelMap = new Map();
    const stop = new AbortController();
    const channel = new (class extends Dispatcher {
      override writable() {
        return false;
      }
      override async handleRead() {
        this.recv(10);
        first.delete(this.fileno());
        second.set(this.fileno(), this);
        await sleep(5);
        throw new ExitNow('enough');
      }
    })(sent('x'), first);
    const left = loop({ backend, map: first, keepAlive: true, signal: stop.signal });
    await expect(within(loop({ backend, map: second, keepAlive: true }), 5, 'the second')).rejects.toThrow('enough');
    stop.abort(new Error('still there'));
    await expect(left).rejects.toThrow('still there');
    channel.close();
  });

  test(`the end comes after the promise of handleEof(), whatever else was pending (${backend})`, async () => {
    const map: ChannelMap = new Map();
    const told: string[] = [];
    new (class extends Dispatcher {
      override handleWrite() {}
      override async handleRead() {
        this.recv(10);
      }
      override async handleEof() {
        told.push('eof');
        await sleep(20);
        told.push('eof is over');
        // select() does not tell of a hang-up that nobody reads.
        this.shutdown(SHUT_WR);
      }
      override handleClose() {
        told.push('close');
        this.close();
      }
    })(sent(), map);
    await run(map, 'the end');
    expect(told).toEqual(['eof', 'eof is over', 'close']);
  });

  test(`handleClose() is not called again while its promise is pending (${backend})`, async () => {
    const map: ChannelMap = new Map();
    const [own, peer] = socketpair();
    let count = 0;
    let goOn = () => {};
    const chat = new (class extends AsyncChat {
      override async handleClose() {
        count++;
        await new Promise<void>((resolve) => {
          goOn = resolve;
        });
        this.close();
      }
    })(own, map);
    chat.setTerminator('\n');
    peer.close();
    const running = run(map, 'the end');
    await expect.poll(() => count).toBe(1);
    chat.push('news');
    chat.push('more news');
    await sleep(5);
    goOn();
    await running;
    expect(count).toBe(1);
  });

  test(`with another socket, a handler that never ends holds nothing back (${backend})`, async () => {
    const map: ChannelMap = new Map();
    const told: string[] = [];
    const channel = new (class extends Dispatcher {
      override writable() {
        return false;
      }
      override async handleRead() {
        told.push(this.recv(10).toString());
        if (told.length === 1) await new Promise(() => {});
        else this.close();
      }
    })(sent('first'), map);
    const running = run(map, 'both');
    await expect.poll(() => told).toEqual(['first']);
    channel.close();
    channel.setSocket(sent('second'));
    await running;
    expect(told).toEqual(['first', 'second']);
  });

  test(`with another socket nothing waits for what was begun with the last one (${backend})`, async () => {
    const map: ChannelMap = new Map();
    const listener = new Socket();
    listener.bind(['127.0.0.1', 0]);
    listener.listen(1);
    const told: string[] = [];
    const channel = new (class extends Dispatcher {
      #connected: () => void = () => {};
      override writable() {
        return this.connecting;
      }
      override handleConnect() {
        this.#connected();
      }
      override handleRead() {
        if (this.recv(1).length > 0) told.push('read');
      }
      override async handleClose() {
        this.close();
        if (told.length > 0) {
          told.push('closed');
          return;
        }
        // Its own connection is an event of the new socket, for which it can wait.
        const connected = new Promise<void>((resolve) => {
          this.#connected = resolve;
        });
        this.createSocket();
        this.connect(listener.getsockname());
        await connected;
        told.push('connected');
        const [peer] = listener.accept();
        peer.send('a');
        peer.close();
      }
    })(sent(), map);
    await run(map, 'the second end');
    listener.close();
    expect(told).toEqual(['connected', 'read', 'closed']);
    expect(channel.fileno()).toBe(-1);
  });
}

/** A socket whose peer has sent this, and its end. */
function sent(text = ''): Socket {
  const [own, peer] = socketpair();
  peer.send(text);
  peer.close();
  return own;
}
