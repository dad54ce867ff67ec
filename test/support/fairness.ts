// Loads that could starve others, and what is measured of the others: for the tests, with ample
// bounds, and for check/fairness, which prints the figures.
import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { type ChannelMap, Dispatcher, DispatcherWithSend, loop } from '../../lib/index.ts';
import { type Socket, socketpair } from '../../lib/socket.ts';
import type { BackendName } from './matrix.ts';

/** Sends back what it reads, forever. */
class Echo extends DispatcherWithSend {
  override handleRead() {
    this.send(this.recv(64));
  }
}

/** Only wants to read, and is asked in every pass. */
class Asked extends Dispatcher {
  asks = 0;
  override readable() {
    this.asks++;
    return true;
  }
  override writable() {
    return false;
  }
}

/** Runs `during` alongside a loop over `map`, and then closes everything. */
async function beside<T>(
  backend: BackendName,
  map: ChannelMap,
  others: Socket[],
  during: () => Promise<T>,
): Promise<T> {
  const end = loop({ backend, map, timeout: null });
  try {
    return await during();
  } finally {
    for (const channel of [...map.values()]) channel.close();
    for (const sock of others) sock.close();
    await end;
  }
}

/** Bounces this many balls between pairs of channels, without pause, while `during` runs. */
export function besidePingPong<T>(backend: BackendName, pairs: number, during: () => Promise<T>): Promise<T> {
  const map: ChannelMap = new Map();
  for (let i = 0; i < pairs; i++) {
    const [a, b] = socketpair();
    const first = new Echo(a, map);
    new Echo(b, map);
    first.send('ball');
  }
  return beside(backend, map, [], during);
}

/** The same with Node's own sockets: a process that is busy for another reason. */
export async function besideImmediates<T>(during: () => Promise<T>): Promise<T> {
  let goesOn = true;
  const turn = () => {
    if (goesOn) setImmediate(turn);
  };
  turn();
  try {
    return await during();
  } finally {
    goesOn = false;
  }
}

/** How many milliseconds late each of `count` 10 ms timers is. */
export async function drifts(count: number): Promise<number[]> {
  const late: number[] = [];
  for (let i = 0; i < count; i++) {
    const began = performance.now();
    await sleep(10);
    late.push(performance.now() - began - 10);
  }
  return late;
}

/** How many milliseconds each of `count` files takes to read. */
export async function readings(count: number): Promise<number[]> {
  const took: number[] = [];
  for (let i = 0; i < count; i++) {
    const began = performance.now();
    await readFile(import.meta.filename);
    took.push(performance.now() - began);
  }
  return took;
}

/**
 * How often each of `count` channels that always have something to read is served in a given number of
 * passes, alongside one channel that never reads its input although it is always told of it, and one
 * that sends everything it reads to itself.
 */
export async function servings(backend: BackendName, count: number, passes: number): Promise<number[]> {
  const map: ChannelMap = new Map();
  const peers: Socket[] = [];
  const served: number[] = [];
  const place = (make: (sock: Socket) => Dispatcher, bytes: number, serve: (channel: Dispatcher) => void) => {
    const [sock, peer] = socketpair();
    peers.push(peer);
    peer.send(Buffer.alloc(bytes));
    const channel = make(sock);
    channel.handleRead = () => serve(channel);
    return peer;
  };
  const plain = (sock: Socket) => new DispatcherWithSend(sock, map);
  const asked = (sock: Socket) => new Asked(sock, map);
  place(plain, 1, () => {});
  const feeder = place(asked, 1, (channel) => feeder.send(channel.recv(1)));
  for (let i = 0; i < count; i++) {
    served.push(0);
    place(i % 2 === 0 ? plain : asked, passes + 1, (channel) => {
      channel.recv(1);
      served[i] = (served[i] ?? 0) + 1;
    });
  }
  try {
    await loop({ backend, map, count: passes });
  } finally {
    for (const channel of [...map.values()]) channel.close();
    for (const sock of peers) sock.close();
  }
  return served;
}

export interface Idleness {
  /** Share of one processor. */
  readonly share: number;
  /** How often a channel was asked. */
  readonly asks: number;
}

/** What a loop over `count` silent channels costs in `seconds`. */
export async function idleness(backend: BackendName, count: number, seconds: number): Promise<Idleness> {
  const map: ChannelMap = new Map();
  const peers: Socket[] = [];
  const next = () => {
    const [sock, peer] = socketpair();
    peers.push(peer);
    return sock;
  };
  const asked = new Asked(next(), map);
  for (let i = 1; i < count; i++) new DispatcherWithSend(next(), map);
  return await beside(backend, map, peers, async () => {
    // Leave the first passes out.
    await sleep(100);
    const before = asked.asks;
    const began = performance.now();
    const usage = process.cpuUsage();
    await sleep(1000 * seconds);
    const { user, system } = process.cpuUsage(usage);
    return { share: (user + system) / 1000 / (performance.now() - began), asks: asked.asks - before };
  });
}
