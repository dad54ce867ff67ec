// How a channel connects: it resolves the host name, calls connect(2), and learns the outcome from
// SO_ERROR.
import { lookup } from 'node:dns';
import { constants } from 'node:os';
import { type Address, needsLookup } from '../descriptors/address.ts';
import { Socket, setUnconnected } from '../descriptors/socket.ts';
import { changed } from '../reactor/interest.ts';
import { deliver } from '../reactor/outside.ts';
import { AF_INET6, AF_UNIX, SO_ERROR, SOL_SOCKET } from '../system/constants.ts';
import { systemError } from '../system/errors.ts';
import type { Dispatcher } from './dispatcher.ts';
import { isSocket, type SocketTransport, type Transport } from './transport.ts';

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

  /** Starts connecting `sock` to `address`; throws an immediate failure. */
  begin(sock: SocketTransport, address: Address): void {
    this.#channel.connected = false;
    this.#channel.connecting = true;
    this.#lookup = undefined;
    if (needsLookup(address)) this.#resolve(sock, address);
    else this.#connect(sock, address, address);
  }

  /** Abandons a pending lookup. */
  cancel(): void {
    this.#lookup = undefined;
  }

  /** Checks how connecting `sock` ended; throws if it was refused. */
  finish(sock: Transport): void {
    const errno = sock.getsockopt(SOL_SOCKET, SO_ERROR);
    if (errno !== 0) {
      this.#disconnect();
      throw systemError(-errno, 'connect', shown(this.#channel.addr));
    }
    // The error is reported only once; if something else has read it already, there is no peer.
    try {
      if (isSocket(sock)) sock.getpeername();
    } catch (reason) {
      this.#disconnect();
      throw reason;
    }
  }

  /** `asked` is the address passed to connect(), before its name was resolved. */
  #connect(sock: SocketTransport, address: Address, asked: Address): void {
    let errno = sock.connectEx(address);
    // Linux reports this once after a failed connect; after that the socket can connect again.
    if (errno === ECONNABORTED) errno = sock.connectEx(address);
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

  #resolve(sock: SocketTransport, address: Address): void {
    const channel = this.#channel;
    const [host, port, flow, scope] = address;
    const ticket = {};
    this.#lookup = ticket;
    channel.addr = address;
    changed(channel);
    lookup(String(host), { family: sock.family === AF_INET6 ? 6 : 4 }, (error, ip) => {
      if (this.#lookup !== ticket) return;
      this.#lookup = undefined;
      changed(channel);
      deliver(channel, () => {
        if (error) {
          this.#disconnect();
          throw error;
        }
        this.#connect(sock, [ip, Number(port), Number(flow ?? 0), Number(scope ?? 0)], address);
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

/** An address as shown in errors. */
function shown(address: Dispatcher['addr']): string | [string, number] | undefined {
  if (address === null) return undefined;
  return typeof address === 'string' ? address : [address[0], address[1]];
}
