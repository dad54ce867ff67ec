// A connection that was reset between accept() and its channel's first event: the channel is closed,
// whatever its predicates say.
import { expect, test } from 'vitest';
import { type Channel, Dispatcher } from '../../lib/index.ts';
import { AF_INET, Socket } from '../../lib/socket.ts';
import { passesUntil, WAYS } from '../support/matrix.ts';
import { connectedPair, listening, reset } from '../support/pair.ts';

const INET = { name: 'inet', family: AF_INET, address: () => ['127.0.0.1', 0] satisfies [string, number] };

/** As programs have it: nothing to do before there is a connection. */
class Served extends Dispatcher {
  readonly calls: string[] = [];

  override readable() {
    return this.connected;
  }

  override writable() {
    return this.connected && this.calls.length > 99;
  }

  override handleRead() {
    this.calls.push(`read ${this.recv(10)}`);
  }

  override handleClose() {
    this.calls.push('close');
    this.close();
  }
}

for (const way of WAYS) {
  test(`a connection that is gone is closed in the first pass (${way.name})`, async () => {
    const map = new Map<number, Channel>();
    const [peer, sock] = connectedPair(INET);
    reset(peer);
    const served = new Served(sock, map);
    expect([served.connected, served.connecting, map.size]).toEqual([false, false, 1]);
    await passesUntil(way, () => map.size === 0, map, 3);
    expect(served.calls).toEqual(['close']);
  });

  test(`one that never was may still be connected, also when its number was adopted (${way.name})`, async () => {
    const map = new Map<number, Channel>();
    const listener = listening(INET);
    const served = new Served(Socket.fromFd(new Socket(AF_INET).detach()), map);
    await way.passes(2, 0.01, map);
    expect(served.calls).toEqual([]);
    served.writable = () => served.connecting;
    served.connect(listener.getsockname());
    await passesUntil(way, () => served.connected, map);
    for (const each of [served, listener]) each.close();
  });
}
