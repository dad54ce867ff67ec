// Views that say of themselves what is not so, and views whose buffer goes while a call is made or waits: what there
// is, is sent or filled once, what is gone is an error, and nothing goes on for ever.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { AsyncChat, type ChannelMap, closeAll, DispatcherWithSend, loop } from '../../lib/index.ts';
import { sockSendall } from '../../lib/promises.ts';
import { AF_INET, AF_UNIX, SOCK_DGRAM, Socket, socketpair } from '../../lib/socket.ts';
import { messageOf, thrownBy } from '../support/failure.ts';
import { within } from '../support/time.ts';

let map: ChannelMap;
let sock: Socket;
let peer: Socket;
let open: Socket[];

beforeEach(() => {
  map = new Map();
  [sock, peer] = socketpair();
  open = [sock, peer];
});

afterEach(() => {
  closeAll(map);
  for (const each of open) each.close();
});

/** What has arrived. */
function received(from = peer): string {
  let all = '';
  for (;;) {
    try {
      all += from.recv(1 << 20);
    } catch (error) {
      expect(messageOf(error)).toBe('EAGAIN');
      return all;
    }
  }
}

/** Has its buffer taken away. */
function detach(view: Uint8Array<ArrayBuffer>): void {
  structuredClone(view.buffer, { transfer: [view.buffer] });
}

class Chat extends AsyncChat {
  found = 0;
  override collectIncomingData() {}
  override foundTerminator() {
    this.found++;
  }
}

const NAMES = ['length', 'byteLength', 'byteOffset'];

test.each([100, 3, 0, -1, Number.NaN, 2 ** 40])(
  'bytes that are said to be %d are as many as there are',
  async (said) => {
    const lying = () => {
      const view = new TextEncoder().encode('hello');
      for (const name of NAMES) Object.defineProperty(view, name, { value: said });
      return view;
    };
    expect([sock.send(lying()), received()]).toEqual([5, 'hello']);
    expect([sock.sendmsg([lying(), lying()]), received()]).toEqual([10, 'hellohello']);
    await within(sockSendall(sock, lying()), 5, 'all to be sent');
    expect(received()).toBe('hello');
    peer.send('HELLO, and more');
    expect(sock.recvInto(lying())).toBe(5);
    expect(sock.recvmsgInto([lying()])[0]).toBe(5);
    received(sock);

    const queue = new DispatcherWithSend(sock, map);
    expect([queue.send(lying()), queue.outBuffer.length, received()]).toEqual([0, 0, 'hello']);
    queue.delChannel();
    const chat = new Chat(sock, map);
    chat.push(lying());
    let pieces = 0;
    chat.pushWithProducer({ more: () => (pieces++ < 2 ? lying() : null) });
    await loop({ map, count: 6, timeout: 0.01, usePoll: true });
    expect([received(), chat.producerFifo.length]).toEqual(['hellohellohello', 0]);
  },
);

test.each([100, 3, -1, Number.NaN])('a terminator that is said to have %d bytes ends messages', async (said) => {
  const chat = new Chat(sock, map);
  chat.setTerminator(Object.defineProperty(new TextEncoder().encode('\r\n'), 'length', { value: said }));
  peer.send('one\r\ntwo\r\nthree');
  await loop({ map, count: 1, timeout: 5 });
  expect(chat.found).toBe(2);
});

test('bytes whose buffer is taken away while sockSendall() waits are an error, and not taken for sent', async () => {
  const bytes = new Uint8Array(1 << 22);
  const sent = sockSendall(sock, bytes, { timeout: 5 });
  detach(bytes);
  const settled = expect(sent).rejects.toThrow(TypeError);
  received();
  await settled;
});

test('a sock whose send() takes nothing is asked again when there is room', async () => {
  let calls = 0;
  const slow = {
    fileno: () => sock.fileno(),
    send: (data: Uint8Array) => (++calls % 2 === 0 ? sock.send(data.subarray(0, 1)) : 0),
  };
  await within(Reflect.apply(sockSendall, undefined, [slow, 'abc']), 5, 'all to be sent');
  expect(received()).toBe('abc');
});

test('bytes that an argument of the same call takes away are refused before anything is sent or received', () => {
  const bytes = () => new Uint8Array(10);
  const [from, to] = [new Socket(AF_INET, SOCK_DGRAM), new Socket(AF_INET, SOCK_DGRAM)];
  const [here, there] = socketpair(AF_UNIX, SOCK_DGRAM);
  open.push(from, to, here, there);
  to.bind(['127.0.0.1', 0]);
  const [host, port] = to.getsockname();
  const gone = expect.objectContaining({ code: 'ERR_INVALID_ARG_VALUE' });

  /** An array that takes `view` away when its element `i` is read. */
  const taking = <T>(array: T[], i: number, view: Uint8Array<ArrayBuffer>): T[] => {
    const value = array[i];
    return Object.defineProperty(array, i, {
      enumerable: true,
      get: () => {
        if (view.length > 0) detach(view);
        return value;
      },
    });
  };
  let view = bytes();
  expect(thrownBy(() => Reflect.apply(from.sendto, from, [view, taking([host, port], 0, view)]))).toEqual(gone);
  view = bytes();
  expect(thrownBy(() => here.sendmsg(taking([view, 'second'], 1, view)))).toEqual(gone);
  view = bytes();
  expect(thrownBy(() => here.sendmsg([view], taking([[1, 1, 'x']], 0, view)))).toEqual(gone);
  expect([received(to), received(there)]).toEqual(['', '']);
  there.send('a message');
  view = bytes();
  expect(thrownBy(() => here.recvmsgInto(taking([view, bytes()], 1, view)))).toEqual(gone);
  expect(received(here)).toBe('a message');
});
