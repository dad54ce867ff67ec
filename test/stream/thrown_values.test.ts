// Whatever a transport throws is told to the stream, once, as an Error: one of another realm as it is, and
// what is none, or cannot be looked at, in one of ours.
import { once } from 'node:events';
import { runInNewContext } from 'node:vm';
import { describe, expect, onTestFinished, test } from 'vitest';
import { socketpair } from '../../lib/socket.ts';
import { toDuplex, toWritableStream } from '../../lib/stream.ts';

const { proxy, revoke } = Proxy.revocable({}, {});
revoke();
const unreadable = Object.defineProperty(new Error('mine'), 'stack', {
  get() {
    throw new Error('not to be read');
  },
});
const foreign: unknown = runInNewContext("Object.assign(new Error('far'), { code: 'EFAR' })");

const VALUES: [what: string, value: unknown, told: object][] = [
  ['an error of another realm', foreign, { message: 'far', code: 'EFAR' }],
  ['undefined', undefined, { message: 'undefined' }],
  ['a symbol', Symbol('x'), { message: 'Symbol(x)' }],
  ['an object that is no text', Object.create(null), {}],
  ['a revoked proxy', proxy, {}],
  ['an error whose stack cannot be read', unreadable, {}],
];

function failing(value: unknown) {
  const [sock, peer] = socketpair();
  onTestFinished(() => {
    for (const each of [sock, peer]) each.close();
  });
  const fail = (): never => {
    throw value;
  };
  const transport = {
    fileno: () => sock.fileno(),
    recv: fail,
    send: fail,
    setBlocking() {},
    getsockopt: () => 0,
    close: () => sock.close(),
  };
  return { transport, sock, peer };
}

describe.each(VALUES)('%s', (_what, value, told) => {
  test('that recv() throws is the error of the stream', async () => {
    const { transport, sock, peer } = failing(value);
    const stream = toDuplex(transport);
    stream.resume();
    peer.send('x');
    const [error] = await once(stream, 'error');
    expect(error).toMatchObject(told);
    if (value === foreign) expect(error).toBe(foreign);
    expect(sock.fileno()).toBe(-1);
  });

  test('that send() throws is the error of the stream', async () => {
    const { transport, sock } = failing(value);
    const stream = toDuplex(transport);
    stream.write('x');
    const [error] = await once(stream, 'error');
    expect(error).toMatchObject(told);
    expect(sock.fileno()).toBe(-1);
  });

  test('may be the reason why a Web stream is aborted', async () => {
    const { transport, sock } = failing(value);
    await toWritableStream(transport).abort(value);
    expect(sock.fileno()).toBe(-1);
  });
});
