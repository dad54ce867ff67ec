// How a listener accepts connections. Connections that are already gone are skipped, and if the
// process or the system is out of descriptors or memory, the listener pauses: the connection stays
// pending and the listener readable, so retrying at once would spin.
import { channel as diagnosticsChannel } from 'node:diagnostics_channel';
import type { AddressInfo } from '../descriptors/address.ts';
import type { Socket } from '../descriptors/socket.ts';
import { isThenable, ONCE } from '../reactor/guard.ts';
import { changed, timed } from '../reactor/interest.ts';
import { call } from '../reactor/outside.ts';
import { now } from '../system/clock.ts';
import { debug } from '../system/debug.ts';
import { systemCode } from '../system/errors.ts';
import { nameOf } from '../system/text.ts';
import type { Dispatcher } from './dispatcher.ts';
import { socketOf, type Transport, unclaimed } from './transport.ts';

/** The maximum number of connections accepted per read event. */
const MOST = 64;
/** Seconds. */
const PAUSE = 0.1;

/** The errors of accept(2) when there is no room for another connection. */
const OUT_OF_ROOM: ReadonlySet<string> = new Set(['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM']);

/**
 * The errors of accept(2) that concern a single connection that is already gone, including the
 * network errors that Linux passes on. The next connection may be fine.
 */
export const PASSED_OVER: ReadonlySet<string> = new Set([
  'EAGAIN',
  'ECONNABORTED',
  'EPROTO',
  'EPERM',
  'ENETDOWN',
  'ENOPROTOOPT',
  'EHOSTDOWN',
  'ENONET',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);

/** A connection that nobody wants is closed, unless a channel has it. */
export function refuse(sock: Socket, error: unknown): never {
  if (unclaimed.has(sock)) sock.close();
  throw error;
}

/** The same if an async handler rejects. */
export async function refuseIfRejected(sock: Socket, result: PromiseLike<unknown>): Promise<void> {
  try {
    await result;
  } catch (error) {
    refuse(sock, error);
  }
}

/** What `asyncore:accept` tells of a connection, before its listener gets it. */
export interface AcceptMessage {
  /** The listening channel. */
  readonly listener: Dispatcher<Transport>;
  /** The connection. */
  readonly socket: Socket;
  /** The peer's address. */
  readonly address: AddressInfo;
}

const accepts = diagnosticsChannel('asyncore:accept');

function tell(listener: Dispatcher<Transport>, socket: Socket, address: AddressInfo): void {
  if (debug.enabled) debug('%s accepts %s', nameOf(listener), nameOf(socket));
  if (!accepts.hasSubscribers) return;
  const message: AcceptMessage = { listener, socket, address };
  accepts.publish(message);
}

export class Accepting {
  readonly #channel: Dispatcher<Transport>;
  /** When the listener may be polled again, in seconds of now(); 0 if it is not paused. */
  restsUntil = 0;
  #hasReported = false;

  constructor(channel: Dispatcher<Transport>) {
    this.#channel = channel;
  }

  /** The next pending connection and its peer's address, or null if there is none now. */
  accept(): [Socket, AddressInfo] | null {
    const sock = socketOf(this.#channel, 'accept');
    try {
      const pair: [Socket, AddressInfo] | null | undefined = sock.accept();
      this.restsUntil = 0;
      this.#hasReported = false;
      this.#channel[timed]?.moved('read');
      if (pair) tell(this.#channel, ...pair);
      // A transport of the user's own may say in this way that there is none.
      return pair ?? null;
    } catch (error) {
      const code = systemCode(error);
      if (code !== undefined && PASSED_OVER.has(code)) return null;
      if (code === undefined || !OUT_OF_ROOM.has(code)) throw error;
      this.#rest(error);
      return null;
    }
  }

  /** Hands the pending connections, up to 64, to handleAccepted(); one after another, if it is async. */
  acceptAll(): unknown {
    const channel = this.#channel;
    for (let i = 0; i < MOST && channel.accepting; i++) {
      const pair = channel.accept();
      if (pair === null) return undefined;
      const [sock, addr] = pair;
      unclaimed.add(sock);
      try {
        const result = channel.handleAccepted(sock, addr);
        if (isThenable(result)) return refuseIfRejected(sock, result);
      } catch (error) {
        refuse(sock, error);
      }
    }
    return undefined;
  }

  #rest(error: unknown): void {
    const channel = this.#channel;
    this.restsUntil = now() + PAUSE;
    changed(channel);
    // Once per series of pauses.
    if (this.#hasReported) return;
    this.#hasReported = true;
    call(channel, ONCE, () => channel.handleAcceptError(error));
  }
}
