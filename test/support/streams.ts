// What streams can be made of, and what is done with them.
import { once } from 'node:events';
import type { Duplex, Readable } from 'node:stream';
import { AsyncChat, type Channel, Dispatcher, loop } from '../../lib/index.ts';
import type { Socket } from '../../lib/socket.ts';
import { BACKENDS, type BackendName } from './matrix.ts';

/** A way to make a stream or an iteration of a socket. */
export interface Origin {
  readonly name: string;
  /** What stands for the socket from now on. */
  of(sock: Socket): Socket | Dispatcher | number;
  /** Whether it duplicates the socket, so that the original is still to be closed. */
  readonly duplicates: boolean;
}

/** A channel in a map of its own whose loop runs until it is empty. */
export function served<T extends Channel>(backend: BackendName, make: (map: Map<number, Channel>) => T): T {
  const map = new Map<number, Channel>();
  const channel = make(map);
  loop({ backend, map }).catch((error: unknown) => {
    throw error;
  });
  return channel;
}

export const ORIGINS: readonly Origin[] = [
  { name: 'Socket', of: (sock) => sock, duplicates: false },
  { name: 'descriptor', of: (sock) => sock.fileno(), duplicates: true },
  ...BACKENDS.flatMap((backend) => [
    {
      name: `Dispatcher, ${backend}`,
      of: (sock: Socket) => served(backend, (map) => new Dispatcher(sock, map)),
      duplicates: false,
    },
    {
      name: `AsyncChat, ${backend}`,
      of: (sock: Socket) => served(backend, (map) => new AsyncChat(sock, map)),
      duplicates: false,
    },
  ]),
];

/** All that a stream gives until its end. */
export async function readAll(stream: Readable | Duplex): Promise<Buffer> {
  const pieces: Buffer[] = [];
  // Not for await, which destroys a Duplex at the end of its input.
  stream.on('data', (piece: Buffer) => pieces.push(piece));
  await once(stream, 'end');
  return Buffer.concat(pieces);
}

/** Waits until the stream is closed, and returns the error that it reported first. */
export async function closing(stream: Readable | Duplex): Promise<unknown> {
  let error: unknown;
  stream.once('error', (reason) => {
    error = reason;
  });
  if (!stream.closed) await once(stream, 'close').catch(() => {});
  return error ?? stream.errored ?? undefined;
}
