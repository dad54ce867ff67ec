// The one rule for async handlers: while a promise is pending, the channel's next event of that kind
// waits; what it rejects with goes to handleError(); nothing is delivered after close().
import { setTimeout as sleep } from 'node:timers/promises';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { AsyncChat, type ChannelMap, Dispatcher, DispatcherWithSend, loop } from '../../lib/index.ts';
import { type Socket, socketpair } from '../../lib/socket.ts';
import { BACKENDS } from '../support/matrix.ts';
import { Recorder } from '../support/recorder.ts';
import { within } from '../support/time.ts';

const boom = async () => {
  await sleep(1);
  throw new Error('boom');
};

/** A Dispatcher that keeps what handleError() is given, and then closes. */
function listening(map: ChannelMap, errors: unknown[]) {
  return class extends Dispatcher {
    constructor(sock?: Socket) {
      super(sock, map);
    }
    override writable() {
      return !this.connected;
    }
    override handleError(error: unknown) {
      errors.push(error);
      this.close();
    }
  };
}

class Lines extends AsyncChat {
  readonly heard: string[] = [];
  readonly errors: unknown[] = [];
  constructor(sock: Socket, map: ChannelMap) {
    super(sock, map);
    this.setTerminator('\n');
  }
  override collectIncomingData(data: Buffer): unknown {
    return this._collectIncomingData(data);
  }
  override foundTerminator(): unknown {
    this.heard.push(this._getData().toString());
    return undefined;
  }
  override handleError(error: unknown) {
    this.errors.push(error);
    this.close();
  }
}

for (const backend of BACKENDS) {
  const run = (map: ChannelMap, what: string) => within(loop({ backend, map, timeout: null }), 5, what);

  test(`a rejection of handleAccepted goes to the listener, and the connection is closed (${backend})`, async () => {
    const map: ChannelMap = new Map();
    const errors: unknown[] = [];
    const server = new (class extends listening(map, errors) {
      override handleAccepted = boom;
    })();
    server.createSocket();
    server.bind(['127.0.0.1', 0]);
    server.listen(5);
    const client = new (class extends listening(map, errors) {
      override handleConnect() {}
      override handleRead() {
        this.recv(1);
      }
      override handleClose() {
        this.close();
      }
    })();
    client.createSocket();
    const address = server.socket?.getsockname();
    if (address === undefined) throw new Error('not bound');
    client.connect(address);
    await run(map, 'both to close');
    expect(errors).toEqual([new Error('boom')]);
  });

  test(`the next connection waits for an async handleAccepted (${backend})`, async () => {
    const map: ChannelMap = new Map();
    const order: string[] = [];
    const server = new (class extends Dispatcher {
      override async handleAccepted(sock: Socket) {
        order.push('begin');
        sock.close();
        await sleep(20);
        order.push('end');
        if (order.length === 6) this.close();
      }
    })(null, map);
    server.createSocket();
    server.bind(['127.0.0.1', 0]);
    server.listen(5);
    const address = server.socket?.getsockname() ?? '';
    const clients = [1, 2, 3].map(() => {
      const client = new Dispatcher(null, new Map());
      client.createSocket();
      client.connect(address);
      return client;
    });
    await run(map, 'three connections');
    expect(order).toEqual(['begin', 'end', 'begin', 'end', 'begin', 'end']);
    for (const client of clients) client.close();
  });

  test(`a rejection of handleConnect goes to handleError, whether the connection was made at once or later (${backend})`, async () => {
    for (const family of ['unix', 'inet'] as const) {
      const map: ChannelMap = new Map();
      const errors: unknown[] = [];
      const server = new Dispatcher(null, new Map());
      server.createSocket(family === 'unix' ? 1 : 2);
      server.bind(family === 'unix' ? `\0async-connect-${process.pid}-${backend}` : ['127.0.0.1', 0]);
      server.listen(5);
      const client = new (class extends listening(map, errors) {
        override handleConnect = boom;
        override handleWrite() {}
      })();
      client.createSocket(family === 'unix' ? 1 : 2);
      client.connect(server.socket?.getsockname() ?? '');
      await run(map, 'the channel to close');
      expect(errors).toEqual([new Error('boom')]);
      server.close();
    }
  });

  test.each(['recv', 'send'] as const)(`%s() hears a handleClose that rejects (${backend})`, async (how) => {
    const map: ChannelMap = new Map();
    const errors: unknown[] = [];
    const [sock, peer] = socketpair();
    const channel = new (class extends listening(map, errors) {
      override handleClose = boom;
      override handleRead() {
        if (how === 'recv') this.recv(1);
        else this.send('x');
      }
    })(sock);
    peer.close();
    await run(map, 'the channel to close');
    expect(errors).toEqual([new Error('boom')]);
    channel.close();
  });

  test(`a rejection of collectIncomingData and of foundTerminator goes to handleError (${backend})`, async () => {
    for (const method of ['collectIncomingData', 'foundTerminator'] as const) {
      const map: ChannelMap = new Map();
      const [sock, peer] = socketpair();
      const channel = new Lines(sock, map);
      channel[method] = boom;
      peer.send('one\ntwo\n');
      await run(map, 'the channel to close');
      expect(channel.errors).toEqual([new Error('boom')]);
      peer.close();
    }
  });

  test(`messages come in order, one after another, however long each takes (${backend})`, async () => {
    const map: ChannelMap = new Map();
    const [sock, peer] = socketpair();
    const order: string[] = [];
    const channel = new (class extends Lines {
      override async collectIncomingData(data: Buffer) {
        await sleep(2);
        this._collectIncomingData(data);
      }
      override async foundTerminator() {
        const line = this._getData().toString();
        order.push(`${line} begins`);
        await sleep(line === 'slow' ? 30 : 1);
        order.push(`${line} ends`);
        if (line === 'last') this.close();
      }
    })(sock, map);
    peer.send('slow\nfast\n');
    setTimeout(() => peer.send('last\nnever\n'), 5);
    await run(map, 'the last line');
    expect(order).toEqual(['slow begins', 'slow ends', 'fast begins', 'fast ends', 'last begins', 'last ends']);
    expect(channel.errors).toEqual([]);
    peer.close();
  });

  test(`a handler whose promise is pending is not called again, and the loop sleeps (${backend})`, async () => {
    const map: ChannelMap = new Map();
    const [sock, peer] = socketpair();
    let finish = () => {};
    let passes = 0;
    const channel = new Recorder({
      sock,
      map,
      on: {
        read: (self) =>
          new Promise<void>((resolve) => {
            finish = () => resolve(void self.recv(1));
          }),
      },
    });
    Object.defineProperty(channel, 'readable', { value: () => ++passes > 0 });
    peer.send('xy');
    setTimeout(() => {
      expect(channel.calls).toEqual(['read']);
      expect(passes).toBeLessThan(50);
      finish();
      setTimeout(() => {
        expect(channel.calls).toEqual(['read', 'read']);
        channel.close();
      }, 50);
    }, 100);
    await run(map, 'the end');
    peer.close();
  });

  test(`a peer that hangs up while a handler reads loses nothing, and the loop sleeps (${backend})`, async () => {
    const map: ChannelMap = new Map();
    const [sock, peer] = socketpair();
    const got: string[] = [];
    let passes = 0;
    const channel = new (class extends Dispatcher {
      override readable() {
        passes++;
        return true;
      }
      override writable() {
        return false;
      }
      override async handleRead() {
        const piece = this.recv(4).toString();
        await sleep(20);
        got.push(piece);
      }
      override handleClose() {
        got.push('close');
        this.close();
      }
    })(sock, map);
    peer.send('abcdefghij');
    peer.close();
    await run(map, 'the channel to close');
    expect(got.filter((piece) => piece !== '')).toEqual(['abcd', 'efgh', 'ij', 'close']);
    expect(passes).toBeLessThan(50);
    channel.close();
  });

  test(`EAGAIN is no error of an async handleRead either (${backend})`, async () => {
    const map: ChannelMap = new Map();
    const [sock, peer] = socketpair();
    const channel = new Recorder({
      sock,
      map,
      on: {
        read: async (self) => {
          await sleep(1);
          for (;;) self.recv(100);
        },
      },
    });
    peer.send('x');
    setTimeout(() => channel.close(), 50);
    await run(map, 'the end');
    expect(channel.calls).toEqual(['read']);
    peer.close();
  });

  test(`thenables and promises of another realm are heard (${backend})`, async () => {
    // biome-ignore lint/suspicious/noThenProperty: an object with then() is what is tested
    const thenable = { then: (_: unknown, reject: (error: unknown) => void) => reject(new Error('boom')) };
    const foreign = () => runInNewContext("Promise.reject(new Error('boom'))");
    for (const read of [() => thenable, foreign]) {
      const map: ChannelMap = new Map();
      const [sock, peer] = socketpair();
      const channel = new Recorder({ sock, map, on: { read } });
      peer.send('x');
      await run(map, 'the channel to close');
      expect(channel.calls[0]).toBe('read');
      expect(channel.errors).toMatchObject([{ message: 'boom' }]);
      peer.close();
    }
  });

  test(`an async handleDrain is heard, and not called again while it is pending (${backend})`, async () => {
    const order: string[] = [];
    const drain = async (fill: () => void) => {
      order.push('begin');
      if (order.length === 1) fill();
      await sleep(20);
      order.push('end');
      if (order.length === 4) throw new Error('boom');
    };
    class Chat extends AsyncChat {
      readonly errors: unknown[] = [];
      override handleDrain() {
        return drain(() => this.push(Buffer.alloc(100_000)));
      }
      override handleError(error: unknown) {
        this.errors.push(error);
        this.close();
      }
    }
    class Sender extends DispatcherWithSend {
      readonly errors: unknown[] = [];
      override handleDrain() {
        return drain(() => this.send(Buffer.alloc(100_000)));
      }
      override handleError(error: unknown) {
        this.errors.push(error);
        this.close();
      }
    }
    for (const Class of [Chat, Sender]) {
      order.length = 0;
      const map: ChannelMap = new Map();
      const [sock, peer] = socketpair();
      const reader = new Recorder({ sock: peer, map, on: { read: (self) => self.recv(65536) } });
      const channel = new Class(sock, map);
      channel.highWaterMark = 10;
      if (channel instanceof Chat) channel.push(Buffer.alloc(100_000));
      else channel.send(Buffer.alloc(100_000));
      await run(map, 'both to close');
      expect(order).toEqual(['begin', 'end', 'begin', 'end']);
      expect(channel.errors).toEqual([new Error('boom')]);
      reader.close();
    }
  });
}
