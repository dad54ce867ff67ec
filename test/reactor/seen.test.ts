// What only the reactor's thread has seen counts for the descriptor and the interest that it was seen
// for, and for nothing that has taken their place before we look.
import { expect, test } from 'vitest';
import { POLLIN, POLLPRI, Poll } from '../../lib/select.ts';
import { MSG_OOB, type Socket, socketpair } from '../../lib/socket.ts';
import { FAMILIES } from '../support/matrix.ts';
import { connectedPair } from '../support/pair.ts';

/** Waits for an urgent byte until the thread has seen it, and then has `change` happen before we look. */
async function seenBefore(change: (poller: Poll, sock: Socket) => () => void): Promise<unknown> {
  const [sock, peer] = connectedPair(FAMILIES[0] ?? expect.fail());
  const poller = new Poll();
  poller.register(sock.fileno(), POLLPRI);
  const found = poller.poll(0.3);
  // The thread sleeps before long.
  await new Promise((resolve) => setTimeout(resolve, 50));
  peer.send('!', MSG_OOB);
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 50);
  const release = change(poller, sock);
  const result = await found;
  release();
  sock.close();
  peer.close();
  return result;
}

test('what is closed, and its number used again, has no exceptional condition', async () => {
  const result = await seenBefore((_, sock) => {
    const fd = sock.fileno();
    sock.close();
    const pair = socketpair();
    expect(pair.map((each) => each.fileno())).toContain(fd);
    return () => {
      for (const each of pair) each.close();
    };
  });
  expect(result).toEqual([]);
});

test('what is no longer asked for is not told', async () => {
  const result = await seenBefore((poller, sock) => {
    poller.modify(sock.fileno(), POLLIN);
    return () => {};
  });
  expect(result).toEqual([]);
});

test('what takes a place that was given up is not told what was seen there', async () => {
  const pair = socketpair();
  const result = await seenBefore((poller, sock) => {
    poller.unregister(sock.fileno());
    poller.register(pair[0].fileno(), POLLPRI);
    return () => {};
  });
  expect(result).toEqual([]);
  for (const each of pair) each.close();
});
