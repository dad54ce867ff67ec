// A socket that is dropped while open is closed when it is collected, with a process warning.
import { expect, test } from 'vitest';
import { Dispatcher, loopSync } from '../../lib/index.ts';
import { chunks, lines, waitReadable } from '../../lib/promises.ts';
import { Socket, socketpair } from '../../lib/socket.ts';
import { toDuplex, toReadableStream } from '../../lib/stream.ts';
import { collectGarbage, hearWarnings } from '../support/garbage.ts';
import { eventually } from '../support/wait.ts';

/** Collects garbage until `condition` holds. */
function collected(condition: () => boolean): Promise<void> {
  return eventually(
    () => {
      collectGarbage();
      return condition();
    },
    'nothing was collected',
    10,
  );
}

/** Makes a socket, drops it, and hands out what is not the socket. */
function drop(): { peer: Socket; fd: number } {
  const [sock, peer] = socketpair();
  return { peer, fd: sock.fileno() };
}

function isAtEnd(sock: Socket): boolean {
  try {
    return sock.recv(1).length === 0;
  } catch {
    return false;
  }
}

test('a socket that is dropped while open is closed, and its peer sees the end', async () => {
  const heard = hearWarnings();
  const { peer, fd } = drop();
  await collected(() => isAtEnd(peer));
  await eventually(() => heard.warnings.length > 0);
  heard.stop();
  expect(heard.warnings).toEqual([expect.objectContaining({ name: 'ResourceWarning' })]);
  expect(heard.warnings[0]?.message).toContain(`unclosed socket fd=${fd}`);
  peer.close();
});

test('a socket that was closed or detached, or whose channel is in a live map, is left alone', async () => {
  const heard = hearWarnings();
  const map = new Map();
  const peers: Socket[] = [];
  (() => {
    const [closed, first] = socketpair();
    closed.close();
    const [detached, second] = socketpair();
    const again = Socket.fromFd(detached.detach());
    const [kept, third] = socketpair();
    new Dispatcher(kept, map);
    new Dispatcher(again, map);
    peers.push(first, second, third);
  })();
  // Another one is dropped, so that there is something to wait for.
  const { peer } = drop();
  await collected(() => isAtEnd(peer));
  await eventually(() => heard.warnings.length > 0);
  heard.stop();
  expect(heard.warnings.length).toBe(1);
  expect(peers.map(isAtEnd)).toEqual([true, false, false]);
  loopSync({ map, count: 1, timeout: 0 });
  for (const channel of [...map.values()]) channel.close();
  for (const one of [...peers, peer]) one.close();
});

/** What reads from a socket, and stops without an end. */
const READERS: [what: string, use: (sock: Socket) => unknown][] = [
  ['a stream that nobody has read from', (sock) => toDuplex(sock)],
  ['an iteration that nobody goes on with', (sock) => chunks(sock).next()],
  ['an iteration over lines', (sock) => lines(sock).next()],
  ['a Web stream without a reader', (sock) => toReadableStream(sock, { highWaterMark: 1 })],
];

/** Whether there is something to read at once, or it has to be waited for. */
const WHEN = ['at once', 'after a wait'] as const;

test.each(READERS.flatMap(([what, use]) => WHEN.map((when) => [what, when, use] as const)))(
  '%s, which reads %s, and is dropped is collected, and its socket is closed',
  async (_what, when, use) => {
    const heard = hearWarnings();
    const start = async (): Promise<Socket> => {
      const [sock, peer] = socketpair();
      if (when === 'at once') peer.send('a line\n');
      const used = use(sock);
      await new Promise(setImmediate);
      if (when !== 'at once') peer.send('a line\n');
      await used;
      return peer;
    };
    const peers: Socket[] = [];
    for (let i = 0; i < 10; i++) peers.push(await start());
    await collected(() => peers.every(isAtEnd));
    heard.stop();
    // Their numbers are others' by now, and are waited for as any.
    const [sock, peer] = socketpair();
    peer.send('x');
    await waitReadable(sock, { timeout: 5 });
    for (const each of [sock, peer, ...peers]) each.close();
  },
);
