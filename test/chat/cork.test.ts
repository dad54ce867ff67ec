// cork() and uncork(): what is pushed in between leaves in one send.
import { describe, expect, test } from 'vitest';
import { AsyncChat, type Channel } from '../../lib/index.ts';
import { AF_INET, IPPROTO_TCP, SOCK_DGRAM, type Socket, socketpair, TCP_INFO } from '../../lib/socket.ts';
import { passesUntil, WAYS } from '../support/matrix.ts';
import { connectedPair } from '../support/pair.ts';

class Sender extends AsyncChat {
  readonly sends: string[] = [];

  override send(data: Uint8Array) {
    this.sends.push(data.length > 100 ? `${data.length}` : String(data));
    return super.send(data);
  }

  override readable() {
    return false;
  }
}

function pair(map: Map<number, Channel>): [Sender, Socket] {
  const [peer, sock] = connectedPair({ name: 'inet', family: AF_INET, address: () => ['127.0.0.1', 0] });
  return [new Sender(sock, map), peer];
}

/** tcpi_data_segs_out of tcp(7). */
function segments({ socket }: Sender): number {
  return socket?.getsockopt(IPPROTO_TCP, TCP_INFO, 256).readUInt32LE(156) ?? Number.NaN;
}

describe.each(WAYS)('$name', (way) => {
  test('a header and a body leave in one segment', async () => {
    const map = new Map<number, Channel>();
    const [chat, peer] = pair(map);
    chat.cork();
    expect(chat.push('HTTP/1.1 200 OK\r\n\r\n')).toBe(19);
    chat.cork();
    chat.push('hello');
    chat.uncork();
    expect(chat.writable()).toBe(false);
    await way.passes(2, 0.01, map);
    expect([chat.sends, chat.producerFifo.length]).toEqual([[], 2]);
    chat.uncork();
    expect(chat.sends).toEqual(['HTTP/1.1 200 OK\r\n\r\nhello']);
    expect(segments(chat)).toBe(1);
    expect(peer.recv(100).toString()).toBe('HTTP/1.1 200 OK\r\n\r\nhello');
    // One more is one too many, and does nothing.
    chat.uncork();
    chat.push('a');
    chat.push('b');
    expect(chat.sends.slice(1)).toEqual(['a', 'b']);
    for (const each of [chat, peer]) each.close();
  });

  test('producers, large pieces and the end keep their places', async () => {
    const map = new Map<number, Channel>();
    const [chat, peer] = pair(map);
    chat.acOutBufferSize = 1000;
    chat.connected = false;
    chat.push('before');
    chat.connected = true;
    chat.cork();
    chat.push('1');
    chat.push('2');
    let more = 2;
    chat.pushWithProducer({ more: () => (more-- > 0 ? `p${more}` : null) });
    chat.push('3');
    chat.push(Buffer.alloc(2500, 'x'));
    chat.closeWhenDone();
    chat.uncork();
    await passesUntil(way, () => map.size === 0, map);
    // Neighbours are joined until they fill a piece.
    expect(chat.sends).toEqual(['before', '12', 'p1', 'p0', '1000', 'x', '1000', '500']);
    peer.close();
  });
});

test('close() and discardBuffers() while corked', () => {
  const map = new Map<number, Channel>();
  const [chat, peer] = pair(map);
  chat.cork();
  chat.push('never');
  chat.discardBuffers();
  chat.push('one');
  chat.push('two');
  chat.uncork();
  expect(chat.sends).toEqual(['onetwo']);
  chat.cork();
  chat.close();
  chat.uncork();
  expect(chat.push('never')).toBe(0);
  peer.close();
});

test('messages are not joined', () => {
  const map = new Map<number, Channel>();
  const [here, there] = socketpair(undefined, SOCK_DGRAM);
  const chat = new Sender(here, map);
  chat.cork();
  chat.push('one');
  chat.push('two');
  chat.uncork();
  chat.initiateSend();
  expect(chat.sends).toEqual(['one', 'two']);
  for (const each of [chat, there]) each.close();
});
