// How a channel connects: it resolves the host name, calls connect(2), and learns the outcome from
// SO_ERROR.
import { type LookupOneOptions, lookup } from 'node:dns';
import { constants } from 'node:os';
import { type Address, type InetAddress, needsLookup, shown } from '../descriptors/address.ts';
import { Socket, setUnconnected } from '../descriptors/socket.ts';
import { changed } from '../reactor/interest.ts';
import { deliver } from '../reactor/outside.ts';
import { bare } from '../system/arguments.ts';
import { AF_INET6, AF_UNIX } from '../system/constants.ts';
import { debug } from '../system/debug.ts';
import { systemError } from '../system/errors.ts';
import { nameOf } from '../system/text.ts';
import type { Dispatcher } from './dispatcher.ts';
import { peerOf, pendingError, type Supporting, type Transport } from './transport.ts';

const { EAGAIN, EALREADY, ECONNABORTED, EINPROGRESS, EISCONN } = constants.errno;

export class Connecting {
  readonly #channel: Dispatcher<Transport>;
  /** The pending lookup. */
  #lookup: object | undefined;

  constructor(channel: Dispatcher<Transport>) {
    this.#channel = channel;
  }

  /** Whether a name is being resolved. */
  get isResolving(): boolean {
    return this.#lookup !== undefined;
  }

  /**
   * Starts connecting `sock` to `address`; throws an immediate failure. An address that the socket
   * does not take leaves everything as it was.
   */
  begin(sock: Supporting<'connectEx'>, address: Address): void {
    const channel = this.#channel;
    const { connected, connecting } = channel;
    const pending = this.#lookup;
    channel.connected = false;
    channel.connecting = true;
    this.#lookup = undefined;
    if (needsLookup(address)) {
      this.#resolve(sock, address);
      return;
    }
    let errno: number;
    try {
      errno = connectEx(sock, address);
    } catch (error) {
      channel.connected = connected;
      channel.connecting = connecting;
      this.#lookup = pending;
      throw error;
    }
    this.#goOn(sock, errno, address, address);
  }

  /** Abandons a pending lookup. */
  cancel(): void {
    this.#lookup = undefined;
  }

  /** Checks how connecting `sock` ended; throws if it was refused. */
  finish(sock: Transport): void {
    const errno = pendingError(sock);
    if (errno !== 0) {
      this.#disconnect();
      const { addr } = this.#channel;
      throw systemError(-errno, 'connect', addr === null ? undefined : shown(addr));
    }
    // The error is reported only once; if something else has read it already, there is no peer.
    try {
      peerOf(sock);
    } catch (reason) {
      this.#disconnect();
      throw reason;
    }
    if (debug.enabled) debug('%s connects', nameOf(this.#channel));
  }

  /** What follows from connect(2); `asked` is the address before its name was resolved. */
  #goOn(sock: Supporting<'connectEx'>, errno: number, address: Address, asked: Address): void {
    // A UNIX listener with a full backlog reports EAGAIN, and then nothing is in progress.
    if (errno === EINPROGRESS || errno === EALREADY || (errno === EAGAIN && sock.family !== AF_UNIX)) {
      this.#channel.addr = asked;
      changed(this.#channel);
    } else if (errno === 0 || errno === EISCONN) {
      this.#channel.addr = asked;
      this.#channel.handleConnectEvent();
    } else {
      this.#disconnect();
      throw systemError(-errno, 'connect', shown(address));
    }
  }

  #resolve(sock: Supporting<'connectEx'>, asked: InetAddress): void {
    const channel = this.#channel;
    const [host, port, flow, scope] = asked;
    const ticket = {};
    this.#lookup = ticket;
    channel.addr = asked;
    changed(channel);
    const family = sock.family === AF_INET6 ? 6 : 4;
    lookup(String(host), bare<LookupOneOptions>({ family }), (error, ip) => {
      if (this.#lookup !== ticket) return;
      this.#lookup = undefined;
      changed(channel);
      deliver(channel, () => {
        const address: Address = [ip, Number(port), Number(flow ?? 0), Number(scope ?? 0)];
        let errno: number;
        try {
          if (error) throw error;
          errno = connectEx(sock, address);
        } catch (reason) {
          this.#disconnect();
          throw reason;
        }
        this.#goOn(sock, errno, address, asked);
      });
    });
  }

  /** After a refused connection: the socket is as it was before and may connect again. */
  #disconnect(): void {
    const { socket } = this.#channel;
    this.#channel.connecting = false;
    if (socket instanceof Socket) setUnconnected(socket);
    changed(this.#channel);
  }
}

/** connect(2): 0 or the error number. */
function connectEx(sock: Supporting<'connectEx'>, address: Address): number {
  const errno = sock.connectEx(address);
  // Linux reports this once after a failed connect; after that the socket can connect again.
  return errno === ECONNABORTED ? sock.connectEx(address) : errno;
}
