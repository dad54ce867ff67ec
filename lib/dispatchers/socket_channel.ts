// The part of a dispatcher that makes the calls of its socket and knows what their errors mean.
import { lookup } from 'node:dns';
import { constants } from 'node:os';
import { type Address, type AddressInfo, checkAddress, needsLookup } from '../descriptors/address.ts';
import { isUnconnected, Socket, setUnconnected } from '../descriptors/socket.ts';
import type { ChannelMap } from '../reactor/channel.ts';
import { deliver } from '../reactor/deliver.ts';
import { pollableFrom, touch } from '../reactor/interest.ts';
import type { Data } from '../system/arguments.ts';
import {
  AF_INET,
  AF_INET6,
  AF_UNIX,
  SO_ERROR,
  SO_REUSEADDR,
  SOCK_DGRAM,
  SOCK_STREAM,
  SOL_SOCKET,
} from '../system/constants.ts';
import { CodedError, DISCONNECTED, NOT_NOW, systemCode, systemError } from '../system/errors.ts';
import { AcceptPause, PASSED_OVER } from './accept_pause.ts';
import { ChannelBase, closed, mapOf, socketOf, taken, transportOf } from './channel_base.ts';
import { checkTransport, isSocket, type SocketTransport, type Transport } from './transport.ts';

const { EAGAIN, EALREADY, ECONNABORTED, EINPROGRESS, EISCONN } = constants.errno;

/** The error by which recv() said last that there was nothing. */
export const nothingNow = Symbol('nothingNow');
export const NONE = Symbol('no error');

export abstract class SocketChannel<T extends Transport> extends ChannelBase<T> {
  /** The family and type that createSocket() was given. */
  familyAndType: [family: number, type: number] | undefined;

  [nothingNow]: unknown = NONE;
  /** The lookup whose answer is awaited. */
  #lookup: object | undefined;
  /** The listener's rest, once it has needed one. */
  #pause: AcceptPause | undefined;

  /**
   * With a socket, takes it (non-blocking from now on) and enters the map; `connected` says whether
   * it has a peer. Without one, call createSocket() or setSocket().
   */
  constructor(sock?: null, map?: ChannelMap);
  constructor(sock: T | null | undefined, map?: ChannelMap);
  constructor(sock?: T | null, map?: ChannelMap) {
    super(map);
    if (sock === null || sock === undefined) return;
    checkTransport(sock);
    sock.setBlocking(false);
    this.setSocket(sock, map);
    this.connected = true;
    try {
      if (isSocket(sock)) this.addr = sock.getpeername();
    } catch (error) {
      const code = systemCode(error);
      if (code === 'ENOTCONN' || code === 'EINVAL') {
        this.connected = false;
      } else {
        this.delChannel(map);
        // It stays the caller's.
        taken.delete(sock);
        throw error;
      }
    }
  }

  /** Makes a socket and enters the map. */
  createSocket(this: SocketChannel<Socket>, family: number = AF_INET, type: number = SOCK_STREAM): void {
    const sock = new Socket(family, type);
    try {
      this.familyAndType = [family, type];
      this.setSocket(sock);
    } catch (error) {
      sock.close();
      throw error;
    }
  }

  override setSocket(sock: T, map?: ChannelMap): void {
    this.#lookup = undefined;
    super.setSocket(sock, map);
  }

  /** Lets the address be bound again at once; an error is passed over. */
  setReuseAddr(): void {
    const sock = socketOf(this, 'setsockopt');
    try {
      sock.setsockopt(SOL_SOCKET, SO_REUSEADDR, sock.getsockopt(SOL_SOCKET, SO_REUSEADDR) | 1);
    } catch (error) {
      if (systemCode(error) === undefined) throw error;
    }
  }

  override [pollableFrom](): number {
    if (this.#lookup !== undefined) return Infinity;
    if (this.#pause !== undefined && this.#pause.until > 0) return this.#pause.until;
    const { socket } = this;
    return socket instanceof Socket && isUnconnected(socket) ? Infinity : 0;
  }

  /** Listens for connections, each of which handleAccept() takes. */
  listen(backlog: number): void {
    this.accepting = true;
    socketOf(this, 'listen').listen(backlog);
  }

  /** Binds the socket; `addr` is the address that was asked for. */
  bind(address: Address): void {
    this.addr = address;
    socketOf(this, 'bind').bind(address);
  }

  /**
   * Begins to connect; handleConnect() follows, at once where that needs no waiting. A host name is
   * resolved with dns.lookup() first, without blocking. A failure that is known at once is thrown,
   * a later one goes to handleError().
   */
  connect(address: Address): void {
    const sock = socketOf(this, 'connect');
    checkAddress(address, sock.family);
    this.connected = false;
    this.connecting = true;
    this.#lookup = undefined;
    if (needsLookup(address)) this.#resolve(sock, address);
    else this.#connectTo(sock, address, address);
  }

  #connectTo(sock: SocketTransport, address: Address, asked: Address): void {
    let error = sock.connectEx(address);
    // Linux says so once of a socket whose last connect failed; it can be connected after that.
    if (error === ECONNABORTED) error = sock.connectEx(address);
    // A UNIX listener with a full backlog says EAGAIN; nothing is in progress then.
    if (error === EINPROGRESS || error === EALREADY || (error === EAGAIN && sock.family !== AF_UNIX)) {
      this.addr = asked;
      touch(this);
    } else if (error === 0 || error === EISCONN) {
      this.addr = asked;
      this.handleConnectEvent();
    } else {
      this.#disconnect();
      throw systemError(-error, 'connect', typeof address === 'string' ? address : [address[0], address[1]]);
    }
  }

  #resolve(sock: SocketTransport, address: Address): void {
    const [host, port, flow, scope] = address;
    const ticket = {};
    this.#lookup = ticket;
    this.addr = address;
    touch(this);
    lookup(String(host), { family: sock.family === AF_INET6 ? 6 : 4 }, (error, ip) => {
      if (this.#lookup !== ticket) return;
      this.#lookup = undefined;
      touch(this);
      deliver(mapOf(this), this, () => {
        if (error) {
          this.#disconnect();
          throw error;
        }
        this.#connectTo(sock, [ip, Number(port), Number(flow ?? 0), Number(scope ?? 0)], address);
      });
    });
  }

  /** A connection was refused: the socket is as it was before, and may be connected again. */
  #disconnect(): void {
    this.connecting = false;
    if (this.socket instanceof Socket) setUnconnected(this.socket);
    touch(this);
  }

  /**
   * The next pending connection and its peer's address, or null when there is none. Out of
   * descriptors or memory, the listener rests for 0.1 s and stays open.
   */
  accept(): [Socket, AddressInfo] | null {
    const sock = socketOf(this, 'accept');
    try {
      const pair = sock.accept();
      this.#pause?.end();
      return pair;
    } catch (error) {
      const code = systemCode(error);
      if (code === undefined) throw error;
      if (PASSED_OVER.has(code)) return null;
      const report = () => this.logInfo(`cannot accept: ${code}; ${this} tries again`, 'error');
      this.#pause ??= new AcceptPause();
      if (!this.#pause.begin(code, report)) throw error;
      touch(this);
      return null;
    }
  }

  /** Sends what the system takes now: the number of bytes, 0 when it takes none. */
  send(data: Data): number {
    try {
      return transportOf(this).send(data);
    } catch (error) {
      const code = systemCode(error);
      if (code === undefined) throw error;
      if (NOT_NOW.has(code)) return 0;
      if (!DISCONNECTED.has(code)) throw error;
      this.handleClose();
      return 0;
    }
  }

  /**
   * Up to `size` bytes; empty after the peer has sent its last, in which case handleClose() was
   * called. Throws EAGAIN when there is nothing now.
   */
  recv(size: number): Buffer {
    let data: Buffer;
    try {
      data = transportOf(this).recv(size);
    } catch (error) {
      this.#closeIfGone(error);
      return Buffer.alloc(0);
    }
    if (data.length === 0 && size > 0 && !this.#hasDatagrams()) this.handleClose();
    return data;
  }

  /** recv() into a view of the caller's: the number of bytes. */
  recvInto(view: ArrayBufferView): number {
    const transport = transportOf(this);
    if (transport.recvInto === undefined)
      throw new CodedError('ERR_METHOD_NOT_IMPLEMENTED', 'The socket has no recvInto method');
    let count: number;
    try {
      count = transport.recvInto(view);
    } catch (error) {
      this.#closeIfGone(error);
      return 0;
    }
    if (count === 0 && view.byteLength > 0 && !this.#hasDatagrams()) this.handleClose();
    return count;
  }

  #closeIfGone(error: unknown): void {
    const code = systemCode(error);
    if (code === undefined || !DISCONNECTED.has(code)) {
      if (code !== undefined && NOT_NOW.has(code)) this[nothingNow] = error;
      throw error;
    }
    this.handleClose();
  }

  /** An empty datagram is data, not the end. */
  #hasDatagrams(): boolean {
    const { socket } = this;
    return socket !== null && isSocket(socket) && socket.type === SOCK_DGRAM;
  }

  /** Leaves the map and closes the socket. handleClose() is not called. */
  override close(): void {
    this.connected = false;
    this.accepting = false;
    this.connecting = false;
    this[closed] = true;
    this.#lookup = undefined;
    this.delChannel();
    try {
      this.socket?.close();
    } catch (error) {
      const code = systemCode(error);
      if (code !== 'ENOTCONN' && code !== 'EBADF') throw error;
    }
  }

  /** Finds out how connecting ended: handleConnect(), or the error is thrown, once. */
  handleConnectEvent(): void {
    const sock = transportOf(this);
    const error = sock.getsockopt(SOL_SOCKET, SO_ERROR);
    if (error !== 0) this.#refuse(-error);
    // The error is reported once only; should somebody else have read it, there is no peer.
    try {
      if (isSocket(sock)) sock.getpeername();
    } catch (reason) {
      this.#disconnect();
      throw reason;
    }
    this.handleConnect();
    if (this[closed] || this.socket !== sock) return;
    this.connected = true;
    this.connecting = false;
  }

  #refuse(errno: number): never {
    const { addr } = this;
    this.#disconnect();
    throw systemError(
      errno,
      'connect',
      typeof addr === 'string' || addr === null ? (addr ?? undefined) : [addr[0], addr[1]],
    );
  }
}
