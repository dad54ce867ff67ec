// How a channel gets its connection: a host name is looked up, connect(2) is called, and how that
// ended is found out from SO_ERROR.
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
  /** The look-up whose answer is awaited. */
  #lookup: object | undefined;

  constructor(channel: Dispatcher<Transport>) {
    this.#channel = channel;
  }

  /** Whether a name is being looked up. */
  get isResolving(): boolean {
    return this.#lookup !== undefined;
  }

  /** Begins to connect `sock` to `address`; throws a failure that is known at once. */
  begin(sock: SocketTransport, address: Address): void {
    this.#channel.connected = false;
    this.#channel.connecting = true;
    this.#lookup = undefined;
    if (needsLookup(address)) this.#resolve(sock, address);
    else this.#connect(sock, address, address);
  }

  /** Forgets a look-up under way. */
  cancel(): void {
    this.#lookup = undefined;
  }

  /** Finds out how connecting `sock` ended; throws when it was refused. */
  finish(sock: Transport): void {
    const errno = sock.getsockopt(SOL_SOCKET, SO_ERROR);
    if (errno !== 0) {
      this.#disconnect();
      throw systemError(-errno, 'connect', shown(this.#channel.addr));
    }
    // The error is reported only once; should somebody else have read it, there is no peer.
    try {
      if (isSocket(sock)) sock.getpeername();
    } catch (reason) {
      this.#disconnect();
      throw reason;
    }
  }

  /** `asked` is the address that connect() was given, before its name was resolved. */
  #connect(sock: SocketTransport, address: Address, asked: Address): void {
    let errno = sock.connectEx(address);
    // Linux says so once of a socket whose last connect failed; it can be connected after that.
    if (errno === ECONNABORTED) errno = sock.connectEx(address);
    // A UNIX listener with a full backlog says EAGAIN; nothing is in progress then.
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

  /** A connection was refused: the socket is as it was before, and may be connected again. */
  #disconnect(): void {
    const { socket } = this.#channel;
    this.#channel.connecting = false;
    if (socket instanceof Socket) setUnconnected(socket);
    changed(this.#channel);
  }
}

/** An address as errors show it. */
function shown(address: Dispatcher['addr']): string | [string, number] | undefined {
  if (address === null) return undefined;
  return typeof address === 'string' ? address : [address[0], address[1]];
}
