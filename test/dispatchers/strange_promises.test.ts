// Promises that are not as they should be: whatever an async handler returns, the channel hears how it ends, and its
// next event comes.
import { afterEach, expect, test } from 'vitest';
import { AsyncChat, type ChannelMap, closeAll, Dispatcher, loop } from '../../lib/index.ts';
import { type Socket, socketpair } from '../../lib/socket.ts';
import { eventually } from '../support/wait.ts';

let map: ChannelMap = new Map();
const errors: string[] = [];
let peer: Socket | undefined;

afterEach(() => {
  closeAll(map);
  peer?.close();
  errors.length = 0;
  map = new Map();
});

const boom = (what: string) => () => {
  throw new Error(what);
};

/** A promise of the language's own, or an object, with something of its own. */
function changed<T extends object>(of: T, name: 'constructor' | 'then', descriptor: PropertyDescriptor): T {
  return Object.defineProperty(of, name, descriptor);
}

const rejects = (_: unknown, reject: (reason: Error) => void) => reject(new Error('mine'));

/** What a handler returns, and what it rejects with. */
const STRANGE: [what: string, make: () => unknown, error: string | undefined][] = [
  ['whose constructor throws', () => changed(Promise.resolve(), 'constructor', { get: boom('mine') }), 'mine'],
  ['whose own then() throws', () => changed(Promise.resolve(), 'then', { value: boom('never called') }), undefined],
  ['whose own then() does nothing', () => changed(Promise.resolve(), 'then', { value: () => undefined }), undefined],
  ['that is an object whose then() throws', () => changed({}, 'then', { value: boom('mine') }), 'mine'],
  ['that is an object whose then() cannot be had', () => changed({}, 'then', { get: boom('mine') }), 'mine'],
  ['that is a function', () => changed(() => {}, 'then', { value: rejects }), 'mine'],
];

for (const [what, make, error] of STRANGE) {
  const expected = error === undefined ? [] : [error];

  test(`of a promise ${what}, handleRead() and handleWrite() are told how it ends, and are called again`, async () => {
    const [sock, there] = socketpair();
    peer = there;
    let [reads, writes] = [0, 0];
    class Strange extends Dispatcher {
      override writable() {
        return writes < 2;
      }
      override handleRead() {
        this.recv(1);
        reads++;
        return make();
      }
      override handleWrite() {
        writes++;
        return make();
      }
      override handleError(reason: Error) {
        errors.push(reason.message);
      }
    }
    new Strange(sock, map);
    const end = loop({ map, timeout: null, usePoll: true });
    peer.send('ab');
    await eventually(() => reads === 2 && writes === 2 && errors.length === 4 * expected.length);
    expect(new Set(errors)).toEqual(new Set(expected));
    closeAll(map);
    await end;
  });

  test(`of a promise ${what}, an AsyncChat goes on to its next line, its drain and its producers`, async () => {
    const [sock, there] = socketpair();
    peer = there;
    let [found, drained, asked] = [0, 0, 0];
    class Strange extends AsyncChat {
      override collectIncomingData() {}
      override foundTerminator() {
        found++;
        return make();
      }
      override handleDrain() {
        drained++;
        return make();
      }
      override handleError(reason: Error) {
        errors.push(reason.message);
      }
    }
    const chat = new Strange(sock, map);
    chat.setTerminator('\n');
    const end = loop({ map, timeout: null, usePoll: true });
    for (const line of [1, 2]) {
      peer.send('line\n');
      await eventually(() => found === line && errors.length === line * expected.length);
    }
    for (const round of [1, 2]) {
      chat.push(Buffer.alloc(1 << 20));
      await eventually(() => {
        for (let taken = 1; taken > 0; ) taken = receive(there);
        return drained === round;
      });
    }
    await eventually(() => errors.length === 4 * expected.length);
    chat.pushWithProducer({
      more: () => {
        if (asked++ === 0) return changed(Promise.resolve('last'), 'then', { value: boom('never called') });
        return null;
      },
    });
    await eventually(() => asked === 2 && chat.producerFifo.length === 0);
    expect(new Set(errors)).toEqual(new Set(expected));
    closeAll(map);
    await end;
  });
}

/** How many bytes there were; 0 if there are none now. */
function receive(from: Socket): number {
  try {
    return from.recv(1 << 20).length;
  } catch {
    return 0;
  }
}
