// The peers of a scenario: raw sockets and pipe ends that no channel owns. The twin of peer.py and of
// the peer acts in world.py.
import { closeSync, constants, openSync } from 'node:fs';
import { FileWrapper } from '../../lib/index.ts';
import { selectSync } from '../../lib/select.ts';
import {
  type Address,
  AF_INET,
  AF_INET6,
  AF_UNIX,
  IPPROTO_TCP,
  MSG_OOB,
  SHUT_WR,
  SO_LINGER,
  SOCK_DGRAM,
  SOCK_STREAM,
  SOL_SOCKET,
  Socket,
  socketpair,
  TCP_NODELAY,
} from '../../lib/socket.ts';
import type { Family } from './scenario.ts';
import { kindOf, show } from './words.ts';

/** Something to connect to. */
export interface Target {
  family: Family;
  address: Address;
}

export const FAMILIES: Record<Family, number> = { unix: AF_UNIX, dgram: AF_UNIX, inet: AF_INET, inet6: AF_INET6 };

let names = 0;

export function newAddress(family: Family): Address {
  if (family === 'unix') return `\0asyncore-library-${process.pid}-${++names}`;
  return [family === 'inet' ? '127.0.0.1' : '::1', 0];
}

/** Turns off Nagle's delays on TCP (accepted sockets inherit this): they would show in the trace. */
export function newSocket(family: Family): Socket {
  const sock = new Socket(FAMILIES[family]);
  if (family === 'inet' || family === 'inet6') sock.setsockopt(IPPROTO_TCP, TCP_NODELAY, 1);
  return sock;
}

/** Opens a file without blocking, with a descriptor of its own. */
export function openFile(path: string, flags: number): FileWrapper {
  const fd = openSync(path, flags | constants.O_NONBLOCK);
  try {
    return new FileWrapper(fd);
  } finally {
    closeSync(fd);
  }
}

/** Two sockets that are connected to each other. */
export function streamPair(family: Family): [Socket, Socket] {
  if (family === 'unix' || family === 'dgram') {
    return socketpair(AF_UNIX, family === 'unix' ? SOCK_STREAM : SOCK_DGRAM);
  }
  const listener = newSocket(family);
  listener.bind(newAddress(family));
  listener.listen(1);
  const mine = newSocket(family);
  mine.connectEx(listener.getsockname());
  selectSync([listener], [], [], 5);
  const [accepted] = listener.accept();
  selectSync([], [mine], [], 5);
  listener.close();
  return [accepted, mine];
}

export class Peer {
  readonly family: Family | 'pipe' | 'fifo';
  readonly fifo: { path: string; end: 'read' | 'write' } | undefined;
  #raw: Socket | FileWrapper;

  constructor(family: Peer['family'], raw: Socket | FileWrapper, fifo?: Peer['fifo']) {
    this.family = family;
    this.#raw = raw;
    this.fifo = fifo;
  }

  get socket(): Socket | undefined {
    return this.#raw instanceof Socket ? this.#raw : undefined;
  }

  /** Sends once and returns what went wrong, if anything did. */
  send(data: Buffer): string | undefined {
    try {
      const count = this.#raw.send(data);
      return count === data.length ? undefined : `sent ${count}`;
    } catch (error) {
      return `not sent ${kindOf(error)}`;
    }
  }

  oob(): void {
    if (this.family === 'inet' || this.family === 'inet6') this.socket?.send('!', MSG_OOB);
  }

  /** Receives everything available: the bytes, and why there are no more. */
  drain(): string {
    const pieces: Buffer[] = [];
    let end = 'eof';
    for (let i = 0; i < 64; i++) {
      let piece: Buffer;
      try {
        piece = this.#raw.recv(65536);
      } catch (error) {
        end = kindOf(error);
        break;
      }
      if (piece.length === 0 && this.family !== 'dgram') break;
      pieces.push(piece);
    }
    const count = this.family === 'dgram' ? ` in ${pieces.length}` : '';
    return `${show(Buffer.concat(pieces))}${count} ${end}`;
  }

  shut(): void {
    this.socket?.shutdown(SHUT_WR);
  }

  close(): void {
    this.#raw.close();
  }

  /** Closes; over TCP, with a reset. */
  reset(): void {
    const { socket } = this;
    if (socket !== undefined && socket.fileno() >= 0) {
      socket.setsockopt(SOL_SOCKET, SO_LINGER, new Uint8Array(Int32Array.of(1, 0).buffer));
    }
    this.close();
  }

  reopen(): void {
    if (this.fifo === undefined) return;
    this.close();
    this.#raw = openFile(this.fifo.path, this.fifo.end === 'read' ? constants.O_WRONLY : constants.O_RDONLY);
  }
}
