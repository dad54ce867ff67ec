// asyncore's dispatcher: a channel with handlers, its place in a map, and the calls of its socket with
// what their errors mean. How it connects is in connecting.ts.
import { inspect } from 'node:util';
import { type Address, type AddressInfo, checkAddress } from '../descriptors/address.ts';
import { isUnconnected, Socket } from '../descriptors/socket.ts';
import { type ChannelMap, checkMap, socketMap } from '../reactor/channel.ts';
import { ONCE } from '../reactor/guard.ts';
import { type BuiltInChannel, changed, declareBuiltIn, registration, resting } from '../reactor/interest.ts';
import { call } from '../reactor/outside.ts';
import type { Registration } from '../reactor/registration.ts';
import { type Data, integer } from '../system/arguments.ts';
import { AF_INET, SO_ERROR, SO_REUSEADDR, SOCK_STREAM, SOL_SOCKET } from '../system/constants.ts';
import { invalidType, systemCode } from '../system/errors.ts';
import { Accepting } from './accepting.ts';
import { Connecting } from './connecting.ts';
import { repr, safeRepr, textOf } from './repr.ts';
import { describeError } from './traceback.ts';
import { handleRead, recv, recvInto, send } from './transfer.ts';
import { checkTransport, isSocket, socketOf, type Transport, taken, transportOf } from './transport.ts';

/** The default of ignoreLogTypes. */
const IGNORED: ReadonlySet<string> = new Set(['warning']);

/** Whether close() was called and no socket was taken since. */
export const closed = Symbol('closed');

/**
 * A channel around a non-blocking socket: override its `handle...` methods, and `readable()` and
 * `writable()`, which are asked before every wait.
 *
 * Source: asyncore.py `dispatcher`.
 *
 * @example
 * class Client extends Dispatcher {
 *   override handleConnect() { this.send('GET / HTTP/1.0\r\n\r\n'); }
 *   override handleRead() { process.stdout.write(this.recv(8192)); }
 *   override handleWrite() {}
 *   override writable() { return !this.connected; }
 * }
 */
export class Dispatcher<T extends Transport = Socket> implements BuiltInChannel {
  /** The socket, null before there is one. It stays after close(). */
  socket: T | null = null;
  /** The peer's address, or the one that bind() was given. */
  addr: Address | AddressInfo | null = null;
  /** With true, DispatcherWithSend logs what it sends. */
  debug = false;
  /** Never set by the library. */
  closing = false;
  /** The types of messages that logInfo() passes over. */
  ignoreLogTypes: ReadonlySet<string> = IGNORED;
  /** The family and type that createSocket() was given. */
  familyAndType: [family: number, type: number] | undefined;

  [registration]: Registration | undefined = undefined;
  [closed] = false;
  readonly #map: ChannelMap;
  #fd = -1;
  #connected = false;
  #accepting = false;
  #connecting = false;
  /** How the connection is made, once connect() was called. */
  #connection: Connecting | undefined;
  /** How connections are accepted, once accept() was called. */
  #listener: Accepting | undefined;

  /**
   * With a socket, takes it (non-blocking from now on) and enters the map; `connected` says whether
   * it has a peer. Without one, call createSocket() or setSocket().
   */
  constructor(sock?: null, map?: ChannelMap);
  constructor(sock: T | null | undefined, map?: ChannelMap);
  constructor(sock?: T | null, map: ChannelMap = socketMap) {
    checkMap(map);
    this.#map = map;
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

  /** Whether the channel has a peer. False inside handleConnect(). */
  get connected(): boolean {
    return this.#connected;
  }

  set connected(value: boolean) {
    this.#connected = value;
    changed(this);
  }

  /** Whether the channel listens: its read events are connections. */
  get accepting(): boolean {
    return this.#accepting;
  }

  set accepting(value: boolean) {
    this.#accepting = value;
    changed(this);
  }

  /** Whether a connection is being made. */
  get connecting(): boolean {
    return this.#connecting;
  }

  set connecting(value: boolean) {
    this.#connecting = value;
    changed(this);
  }

  [resting](): number {
    if (this.#connection?.isResolving) return Infinity;
    if (this.socket instanceof Socket && isUnconnected(this.socket)) return Infinity;
    return this.#listener?.restsUntil ?? 0;
  }

  get #acceptor(): Accepting {
    this.#listener ??= new Accepting(this);
    return this.#listener;
  }

  /** The channel's place in the map: its descriptor's number, -1 when it stands in none. */
  fileno(): number {
    return this.#fd;
  }

  /** Enters the map (by default the channel's own). */
  addChannel(map: ChannelMap = this.#map): void {
    checkMap(map);
    map.set(this.#fd, this);
  }

  /** Leaves the map. */
  delChannel(map: ChannelMap = this.#map): void {
    checkMap(map);
    // A socket that was closed without its channel has lost its number, perhaps to another channel.
    if (map.get(this.#fd) === this || this.socket?.fileno() === this.#fd) map.delete(this.#fd);
    this.#fd = -1;
  }

  /** Makes a socket and enters the map. */
  createSocket(this: Dispatcher<Socket>, family: number = AF_INET, type: number = SOCK_STREAM): void {
    const sock = new Socket(family, type);
    try {
      this.familyAndType = [family, type];
      this.setSocket(sock);
    } catch (error) {
      sock.close();
      throw error;
    }
  }

  /** Takes a socket as it is and enters the map; the one before is neither closed nor left. */
  setSocket(sock: T, map?: ChannelMap): void {
    this.#connection?.cancel();
    checkTransport(sock);
    if (map !== undefined) checkMap(map);
    const fd = integer(sock.fileno(), 'sock.fileno()');
    this.socket = sock;
    this.#fd = fd;
    this[closed] = false;
    taken.add(sock);
    this.addChannel(map);
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
    this.#connection ??= new Connecting(this);
    this.#connection.begin(sock, address);
  }

  /**
   * The next pending connection and its peer's address, or null when there is none. Out of
   * descriptors or memory, the listener rests for 0.1 s and stays open.
   */
  accept(): [Socket, AddressInfo] | null {
    return this.#acceptor.accept();
  }

  /** Sends what the system takes now: the number of bytes, 0 when it takes none. */
  send(data: Data): number {
    return send(this, data);
  }

  /**
   * Up to `size` bytes; empty after the peer has sent its last, in which case handleClose() was
   * called. Throws EAGAIN when there is nothing now.
   */
  recv(size: number): Buffer {
    return recv(this, size);
  }

  /** recv() into a view of the caller's: the number of bytes. */
  recvInto(view: ArrayBufferView): number {
    return recvInto(this, view);
  }

  /** Leaves the map and closes the socket. handleClose() is not called. */
  close(): void {
    this.connected = false;
    this.accepting = false;
    this.connecting = false;
    this[closed] = true;
    this.#connection?.cancel();
    this.delChannel();
    try {
      this.socket?.close();
    } catch (error) {
      const code = systemCode(error);
      if (code !== 'ENOTCONN' && code !== 'EBADF') throw error;
    }
  }

  /** Whether to wait for input; asked before every wait. */
  readable(): boolean {
    return true;
  }

  /**
   * Whether to wait until something can be sent; asked after readable(). The default says always,
   * as in asyncore: a connected channel is then served in every pass, and the loop never sleeps.
   * Override it, or use DispatcherWithSend.
   */
  writable(): boolean {
    return true;
  }

  /** What the loop calls for input: handleAccept(), or handleRead() after what a connect calls for. */
  handleReadEvent(): unknown {
    if (this.accepting) return this.handleAccept();
    return this.#finishConnecting() ? handleRead(this) : undefined;
  }

  /** What the loop calls when there is room to send: handleWrite(), after what a connect calls for. */
  handleWriteEvent(): unknown {
    if (this.accepting || !this.#finishConnecting()) return undefined;
    return this.handleWrite();
  }

  /** What the loop calls for an exceptional condition: handleClose() for an error, else handleExpt(). */
  handleExptEvent(): unknown {
    const error = transportOf(this).getsockopt(SOL_SOCKET, SO_ERROR);
    return error === 0 ? this.handleExpt() : this.handleClose();
  }

  /** Makes a connection that was under way complete; false when the channel was closed by that. */
  #finishConnecting(): boolean {
    if (this.connected || !this.connecting) return true;
    this.handleConnectEvent();
    return !this[closed];
  }

  /** Finds out how connecting ended: handleConnect(), or the error is thrown, once. */
  handleConnectEvent(): void {
    const sock = transportOf(this);
    this.#connection ??= new Connecting(this);
    this.#connection.finish(sock);
    call(this, ONCE, () => this.handleConnect());
    if (this[closed] || this.socket !== sock) return;
    this.connected = true;
    this.connecting = false;
  }

  /** What a handler threw. The default logs it in one line and calls handleClose(). */
  handleError(error: unknown): unknown {
    this.logInfo(`uncaptured exception, closing channel ${safeRepr(this)} (${describeError(error)})`, 'error');
    return this.handleClose();
  }

  /** Urgent data has come: take it with `socket.recv(size, MSG_OOB)`. */
  handleExpt(): unknown {
    return this.logInfo('unhandled incoming priority event', 'warning');
  }

  /** There is input, or the end of it: call recv(). */
  handleRead(): unknown {
    return this.logInfo('unhandled read event', 'warning');
  }

  /** There is room to send. */
  handleWrite(): unknown {
    return this.logInfo('unhandled write event', 'warning');
  }

  /** The connection is made; `connected` becomes true when this returns. */
  handleConnect(): unknown {
    return this.logInfo('unhandled connect event', 'warning');
  }

  /** Takes the pending connections, up to 64, each to handleAccepted(). */
  handleAccept(): unknown {
    return this.#acceptor.acceptAll();
  }

  /** A new connection. The default closes it. */
  handleAccepted(sock: Socket, _addr: AddressInfo): unknown {
    sock.close();
    return this.logInfo('unhandled accepted event', 'warning');
  }

  /** The peer is gone. The default closes the channel. */
  handleClose(): unknown {
    this.logInfo('unhandled close event', 'warning');
    return this.close();
  }

  /** Writes a line to standard error. */
  log(message: unknown): void {
    process.stderr.write(`log: ${textOf(message)}\n`);
  }

  /** Writes a line to standard output unless `type` is to be ignored. */
  logInfo(message: unknown, type = 'info'): void {
    if (typeof type !== 'string') throw invalidType('type', 'of type string', type);
    if (!this.ignoreLogTypes.has(type)) process.stdout.write(`${type}: ${textOf(message)}\n`);
  }

  /** `<Class listening|connected host:port fd=n>`. */
  toString(): string {
    return repr(this);
  }

  [inspect.custom](): string {
    return this.toString();
  }
}

declareBuiltIn(Dispatcher.prototype);
