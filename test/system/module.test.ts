// The module's constants and exceptions (docs/behaviour.md, section A1).
import { expect, test } from 'vitest';
import {
  closeAll,
  Dispatcher,
  ExitNow,
  poll2,
  poll2Sync,
  poll3,
  poll3Sync,
  SystemError,
  socketMap,
} from '../../lib/index.ts';
import { socketpair } from '../../lib/socket.ts';
import { systemFailure, thrownBy } from '../support/failure.ts';
import { WAYS } from '../support/matrix.ts';
import { Recorder, type Step } from '../support/recorder.ts';

test('six errors mean that the peer is gone, and time-outs and unreachable hosts are not among them', () => {
  const sent = (name: string) => {
    const [sock, peer] = socketpair();
    const channel = new Recorder({ sock, map: new Map() });
    const send = () => {
      throw systemFailure(name, 'send');
    };
    Object.defineProperty(sock, 'send', { value: send });
    const error = thrownBy(() => expect(channel.send('x')).toBe(0));
    channel.close();
    peer.close();
    return [...channel.calls, ...(error instanceof SystemError ? [error.code] : [])];
  };
  for (const name of ['ECONNRESET', 'ENOTCONN', 'ESHUTDOWN', 'ECONNABORTED', 'EPIPE', 'EBADF']) {
    expect(sent(name), name).toEqual(['close']);
  }
  for (const name of ['ETIMEDOUT', 'EHOSTUNREACH', 'ENETDOWN']) expect(sent(name), name).toEqual([name]);
});

test('socketMap is a Map of channels by descriptor, in the order of entry', () => {
  expect(socketMap).toBeInstanceOf(Map);
  const pairs = [socketpair(), socketpair()].flat();
  const channels = pairs.reverse().map((sock) => new Dispatcher(sock));
  expect([...socketMap]).toEqual(channels.map((channel) => [channel.fileno(), channel]));
  closeAll();
  expect(socketMap.size).toBe(0);
});

for (const way of WAYS) {
  const steps: [Step, (sock: Recorder, peer: Recorder) => void][] = [
    ['read', (_, peer) => peer.send('x')],
    ['write', (self) => Object.assign(self, { write: true })],
    ['close', (_, peer) => peer.close()],
  ];
  for (const [step, provoke] of steps) {
    test(`ExitNow leaves the loop and the map as it is (from handle-${step}, ${way.name})`, async () => {
      const map = new Map();
      const [sock, other] = socketpair();
      const exit = () => {
        throw new ExitNow('enough');
      };
      // The peer's end is seen by reading it.
      const on = step === 'close' ? { read: (self: Recorder) => self.recv(1), close: exit } : { [step]: exit };
      const channel = new Recorder({ sock, map, on });
      const peer = new Recorder({ sock: other, map: new Map() });
      provoke(channel, peer);
      await expect(way.passes(5, 1, map)).rejects.toThrow(new ExitNow('enough'));
      expect(channel.errors).toEqual([]);
      expect([...map.values()]).toEqual([channel]);
      expect(channel.fileno()).toBe(sock.fileno());
      channel.close();
      peer.close();
    });
  }
}

test('ExitNow is an ordinary Error with a name of its own', () => {
  const error = new ExitNow('why');
  expect(error).toBeInstanceOf(Error);
  expect([error.name, error.message]).toEqual(['ExitNow', 'why']);
});

test('every error number has a text', () => {
  expect(new SystemError(-1, 'call')).toMatchObject({ code: 'EPERM', errno: -1, message: 'call EPERM' });
  for (const errno of [-99999, 1, -(2 ** 70)]) expect(new SystemError(errno, 'call').message).not.toBe('');
});

test('poll3 is poll2', () => {
  expect(poll3).toBe(poll2);
  expect(poll3Sync).toBe(poll2Sync);
});

test("a new dispatcher has asyncore's defaults", () => {
  const { debug, connected, accepting, connecting, closing, addr, ignoreLogTypes } = new Dispatcher();
  expect({ debug, connected, accepting, connecting, closing, addr }).toEqual({
    debug: false,
    connected: false,
    accepting: false,
    connecting: false,
    closing: false,
    addr: null,
  });
  expect(ignoreLogTypes).toEqual(new Set(['warning']));
});
