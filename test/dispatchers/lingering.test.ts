// closeLingering(): the peer gets what was sent last, although it was still sending.
import { afterEach, describe, expect, test } from 'vitest';
import { type Channel, closeAll, Dispatcher, FileDispatcher, pipe } from '../../lib/index.ts';
import { AF_INET, SHUT_WR, type Socket } from '../../lib/socket.ts';
import { now } from '../../lib/system/clock.ts';
import { passesUntil, WAYS } from '../support/matrix.ts';
import { connectedPair } from '../support/pair.ts';

const map = new Map<number, Channel>();
const open: { close(): void }[] = [];

afterEach(() => {
  closeAll(map);
  for (const each of open.splice(0)) each.close();
});

class Server extends Dispatcher {
  override writable() {
    return false;
  }
}

function pair(): [Server, Socket] {
  const [peer, served] = connectedPair({ name: 'inet', family: AF_INET, address: () => ['127.0.0.1', 0] });
  open.push(peer);
  return [new Server(served, map), peer];
}

/** What recv() of the peer gives: text, its end, or the code of an error. */
function received(peer: Socket): string {
  try {
    return String(peer.recv(100));
  } catch (error) {
    return error instanceof Error && 'code' in error ? String(error.code) : '';
  }
}

describe.each(WAYS)('$name', (way) => {
  test('a channel that is in another map than its own lingers there', async () => {
    const [peer, served] = connectedPair({ name: 'inet', family: AF_INET, address: () => ['127.0.0.1', 0] });
    open.push(peer);
    const channel = new Server();
    channel.setSocket(served, map);
    channel.closeLingering({ timeout: 0.05 });
    expect([...map.keys()]).toEqual([served.fileno()]);
    await passesUntil(way, () => map.size === 0, map);
    expect(served.fileno()).toBe(-1);
  });

  test('close() with unread input resets the connection, and closeLingering() does not', async () => {
    const [rude, first] = pair();
    first.send('a request that nobody reads');
    rude.send('refused');
    rude.close();
    expect([received(first), received(first)]).toEqual(['refused', 'ECONNRESET']);

    const [polite, second] = pair();
    second.send('a request that nobody reads');
    polite.send('refused');
    polite.closeLingering();
    expect(polite.connected).toBe(false);
    expect(polite.fileno()).toBe(-1);
    // It goes on sending, which would make the system reset a closed connection.
    await passesUntil(way, () => second.send('more') > 0, map);
    await way.passes(2, 0.01, map);
    expect(received(second)).toBe('refused');
    expect(received(second)).toBe('');
    expect(map.size).toBe(1);
    second.shutdown(SHUT_WR);
    await passesUntil(way, () => map.size === 0, map);
  });

  test('it ends after its time, and after so many bytes', async () => {
    const [server, peer] = pair();
    const began = now();
    server.closeLingering({ timeout: 0.1 });
    await passesUntil(way, () => map.size === 0, map);
    expect(now() - began).toBeGreaterThanOrEqual(0.1);
    expect(received(peer)).toBe('');

    const [other, sender] = pair();
    other.closeLingering({ timeout: null, most: 1000 });
    sender.send(Buffer.alloc(999));
    await way.passes(3, 0.01, map);
    expect(map.size).toBe(1);
    sender.send('x');
    await passesUntil(way, () => map.size === 0, map);
  });

  test('a peer that resets the connection ends it', async () => {
    const [server, peer] = pair();
    server.send('unread');
    server.closeLingering({ timeout: null });
    peer.close();
    await passesUntil(way, () => map.size === 0, map);
  });
});

test('a file, and a socket without a peer, is closed at once', () => {
  const [reader, writer] = pipe();
  const file = new FileDispatcher(writer, map);
  writer.close();
  file.closeLingering();
  expect(reader.read(1)).toHaveLength(0);
  reader.close();
  const unconnected = new Dispatcher(null, map);
  unconnected.createSocket();
  unconnected.closeLingering();
  expect(unconnected.socket?.fileno()).toBe(-1);
  new Dispatcher(null, map).closeLingering();
  expect(map.size).toBe(0);
});

test('closeAll() ends it, and its options are checked', () => {
  const [server] = pair();
  expect(() => server.closeLingering({ timeout: -1 })).toThrow(expect.objectContaining({ code: 'ERR_OUT_OF_RANGE' }));
  expect(() => server.closeLingering({ most: 0.5 })).toThrow(expect.objectContaining({ code: 'ERR_OUT_OF_RANGE' }));
  expect(map.size).toBe(1);
  server.closeLingering();
  expect(map.size).toBe(1);
  closeAll(map);
  expect(server.socket?.fileno()).toBe(-1);
});
