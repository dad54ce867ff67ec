// Values of another realm (a vm context, the environment of a test runner) are what they are, although
// `instanceof` knows only those of its own.
import { createContext, runInContext } from 'node:vm';
import { expect, test } from 'vitest';
import { AsyncChat, type ChannelMap, Dispatcher, poll } from '../../lib/index.ts';
import { socketpair } from '../../lib/socket.ts';
import { thrownBy } from '../support/failure.ts';

const context = createContext({});
const foreign = (source: string) => runInContext(source, context);

test('bytes of another realm are sent, and received into', () => {
  const [sock, peer] = socketpair();
  sock.send(foreign('new Uint8Array([97, 98])'));
  sock.send(foreign('new DataView(new Uint8Array([99]).buffer)'));
  const view = foreign('new Uint8Array(10)');
  expect(peer.recvInto(view)).toBe(3);
  expect([...view.subarray(0, 3)]).toEqual([97, 98, 99]);
  const chat = new AsyncChat(sock, new Map());
  chat.setTerminator(foreign('new Uint8Array([10])'));
  chat.push(foreign('new Uint8Array([100])'));
  expect(`${peer.recv(10)}`).toBe('d');
  for (const each of [chat, peer]) each.close();
});

test("a system error of another realm is one: a transport's EAGAIN is no fault", async () => {
  const [sock, peer] = socketpair();
  const map: ChannelMap = foreign('new Map()');
  let faults = 0;
  const transport = {
    fileno: () => sock.fileno(),
    recv: () => {
      throw foreign("Object.assign(new Error('nothing'), { code: 'EAGAIN', errno: -11 })");
    },
    send: (): number => {
      throw foreign("Object.assign(new Error('nothing'), { code: 'EAGAIN', errno: -11 })");
    },
    close: () => sock.close(),
    setBlocking: () => {},
    getsockopt: () => 0,
  };
  class Channel extends Dispatcher<typeof transport> {
    override writable() {
      return false;
    }
    override handleRead() {
      this.recv(10);
    }
    override handleError() {
      faults++;
    }
  }
  const channel = new Channel(transport, map);
  peer.send('x');
  await poll(1, map);
  expect(channel.send('x')).toBe(0);
  expect(faults).toBe(0);
  channel.close();
  expect(map.size).toBe(0);
  peer.close();
});

test('an argument of another realm that is wrong is refused', () => {
  const [sock, peer] = socketpair();
  for (const wrong of ['[1]', '({})', 'new Map()', 'new ArrayBuffer(8)']) {
    expect(thrownBy(() => sock.send(foreign(wrong)))).toEqual(
      expect.objectContaining({ code: 'ERR_INVALID_ARG_TYPE' }),
    );
  }
  for (const each of [sock, peer]) each.close();
});
