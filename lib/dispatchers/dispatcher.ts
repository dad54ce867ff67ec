// asyncore's dispatcher: a channel with handlers, its place in a map, and the calls on its socket.
// How it connects, accepts and transfers is in connecting.ts, accepting.ts and transfer.ts.
import { inspect } from 'node:util';
import { type Address, type AddressInfo, checkAddress } from '../descriptors/address.ts';
import { BACKLOG, isUnconnected, Socket } from '../descriptors/socket.ts';
import { type ChannelMap, checkMap, socketMap } from '../reactor/channel.ts';
import { ONCE } from '../reactor/guard.ts';
import {
  type BuiltInChannel,
  changed,
  closed,
  declareBuiltIn,
  leaveMaps,
  registration,
  resting,
} from '../reactor/interest.ts';
import { call } from '../reactor/outside.ts';
import type { Registration } from '../reactor/registration.ts';
import { Registry } from '../reactor/registry.ts';
import { type Data, integer } from '../system/arguments.ts';
import { AF_INET, SO_REUSEADDR, SOCK_STREAM, SOL_SOCKET } from '../system/constants.ts';
import { invalidType, systemCode } from '../system/errors.ts';
import { nameOf, textOf } from '../system/text.ts';
import { Accepting } from './accepting.ts';
import { Connecting } from './connecting.ts';
import { notAccepted, uncaptured } from './error_lines.ts';
import { repr } from './repr.ts';
import { describeError } from './traceback.ts';
import { handleRead, recv, recvInto, send } from './transfer.ts';
import {
  checkTransport,
  isListening,
  lookForPeer,
  type Peer,
  pendingError,
  socketOf,
  type Transport,
  taken,
  transportOf,
} from './transport.ts';
import { passOverUrgent } from './urgent.ts';

/** The default of ignoreLogTypes. */
const IGNORED: ReadonlySet<string> = new Set(['warning']);

/**
 * A channel around a non-blocking socket. Override its `handle...` methods, and `readable()` and
 * `writable()`, which are called before every wait.
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
  /** The socket, or null if there is none yet. It is kept after close(). */
  socket: T | null = null;
  /** The peer's address, or the address passed to bind(). */
  addr: Address | AddressInfo | null = null;
  /** If true, DispatcherWithSend logs what it sends. */
  debug = false;
  /** Never set by the library. */
  closing = false;
  /** The types of messages that logInfo() ignores. */
  ignoreLogTypes: ReadonlySet<string> = IGNORED;
  /** The family and type passed to createSocket(). */
  familyAndType: [family: number, type: number] | undefined;

  [registration]: Registration | undefined = undefined;
  [closed] = false;
  readonly #map: ChannelMap;
  #fd = -1;
  #connected = false;
  #accepting = false;
  #connecting = false;
  /** What a constructor that was given a socket knows of it. */
  #peer: Peer | undefined;
  /** The state of connecting, once connect() has been called. */
  #connection: Connecting | undefined;
  /** The state of accepting, once accept() has been called. */
  #listener: Accepting | undefined;

  /**
   * Given a socket, makes it non-blocking and adds the channel to the map; `connected` is true if
   * it has a peer. Otherwise, call createSocket() or setSocket() later.
   */
  constructor(sock?: null, map?: ChannelMap);
  constructor(sock: T | null | undefined, map?: ChannelMap);
  constructor(sock?: T | null, map: ChannelMap = socketMap) {
    checkMap(map);
    this.#map = map;
    if (sock === null || sock === undefined) return;
    checkTransport(sock);
    const peer = lookForPeer(sock);
    sock.setBlocking(false);
    this.#peer = peer;
    this.setSocket(sock, map);
    this.connected = peer.isThere;
    this.addr = peer.addr;
    this.#peer = undefined;
  }

  /** Whether the channel has a peer. False inside handleConnect(). */
  get connected(): boolean {
    return this.#connected;
  }

  set connected(value: boolean) {
    this.#connected = value;
    changed(this);
  }

  /** Whether the channel is listening: its read events are connections. */
  get accepting(): boolean {
    return this.#accepting;
  }

  set accepting(value: boolean) {
    this.#accepting = value;
    changed(this);
  }

  /** Whether a connection is being established. */
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

  /** The channel's key in the map: its descriptor's number, or -1 if it is in no map. */
  fileno(): number {
    return this.#fd;
  }

  /** Adds the channel to the map (by default, its own map). */
  addChannel(map: ChannelMap = this.#map): void {
    checkMap(map);
    // From now on the map is heard, so that close() can leave it.
    Registry.of(map).map.set(this.#fd, this);
  }

  /** Removes the channel from the map. */
  delChannel(map: ChannelMap = this.#map): void {
    checkMap(map);
    // A socket closed behind its channel's back has lost its number, perhaps to another channel.
    if (map.get(this.#fd) === this || this.socket?.fileno() === this.#fd) map.delete(this.#fd);
    this.#fd = -1;
  }

  /** Creates a socket and adds the channel to the map. */
  createSocket(this: Dispatcher<Socket>, family: number = AF_INET, type: number = SOCK_STREAM): void {
    const { familyAndType } = this;
    const sock = new Socket(family, type);
    try {
      this.familyAndType = [family, type];
      this.setSocket(sock);
    } catch (error) {
      sock.close();
      this.familyAndType = familyAndType;
      throw error;
    }
  }

  /**
   * Takes a socket as it is and adds the channel to the map; `accepting` becomes true if it is a
   * listening one. A previous socket is neither closed nor removed.
   */
  setSocket(sock: T, map?: ChannelMap): void {
    checkTransport(sock);
    if (map !== undefined) checkMap(map);
    const fd = integer(sock.fileno(), 'sock.fileno()');
    const { socket } = this;
    const [oldFd, wasClosed, wasTaken] = [this.#fd, this[closed], taken.has(sock)];
    this.socket = sock;
    this.#fd = fd;
    this[closed] = false;
    taken.add(sock);
    try {
      this.addChannel(map);
    } catch (error) {
      this.socket = socket;
      this.#fd = oldFd;
      this[closed] = wasClosed;
      if (!wasTaken) taken.delete(sock);
      throw error;
    }
    this.#connection?.cancel();
    if (!this.#peer?.isThere && isListening(sock)) this.accepting = true;
  }

  /** Allows the address to be reused at once; errors are ignored. */
  setReuseAddr(): void {
    const sock = socketOf(this, 'setsockopt');
    try {
      sock.setsockopt(SOL_SOCKET, SO_REUSEADDR, sock.getsockopt(SOL_SOCKET, SO_REUSEADDR) | 1);
    } catch (error) {
      if (systemCode(error) === undefined) throw error;
    }
  }

  /** Listens for connections, which handleAccept() accepts. */
  listen(backlog: number = BACKLOG): void {
    socketOf(this, 'listen').listen(backlog);
    this.accepting = true;
  }

  /** Binds the socket; `addr` becomes the requested address. */
  bind(address: Address): void {
    socketOf(this, 'bind').bind(address);
    this.addr = address;
  }

  /**
   * Starts connecting; handleConnect() follows, immediately if no waiting is needed. A host name is
   * first resolved with dns.lookup(), without blocking. An immediate failure is thrown, a later one
   * goes to handleError().
   */
  connect(address: Address): void {
    const sock = socketOf(this, 'connectEx');
    if (sock.family !== undefined) checkAddress(address, sock.family);
    this.#connection ??= new Connecting(this);
    this.#connection.begin(sock, address);
  }

  /**
   * Returns the next pending connection and its peer's address, or null if there is none. If the
   * process is out of descriptors or memory, the listener pauses for 0.1 s and stays open.
   */
  accept(): [Socket, AddressInfo] | null {
    return this.#acceptor.accept();
  }

  /** Sends what the system takes now and returns the number of bytes, 0 if it takes none. */
  send(data: Data): number {
    return send(this, data);
  }

  /**
   * Receives up to `size` bytes. Empty at the end of the peer's data, in which case handleClose()
   * has been called. Throws EAGAIN if there is nothing to read now.
   */
  recv(size: number): Buffer {
    return recv(this, size);
  }

  /** Like recv(), but into the caller's view; returns the number of bytes. */
  recvInto(view: ArrayBufferView): number {
    return recvInto(this, view);
  }

  /** Removes the channel from every map it stands in and closes the socket. Does not call handleClose(). */
  close(): void {
    this.connected = false;
    this.accepting = false;
    this.connecting = false;
    this[closed] = true;
    this.#connection?.cancel();
    this.delChannel();
    leaveMaps(this);
    try {
      this.socket?.close();
    } catch (error) {
      const code = systemCode(error);
      if (code !== 'ENOTCONN' && code !== 'EBADF') throw error;
    }
  }

  /** The same as close(): `using channel = new Echo(sock)`. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** Whether to wait for input; called before every wait. */
  readable(): boolean {
    return true;
  }

  /**
   * Whether to wait until something can be sent; called after readable(). By default always true,
   * as in asyncore, so that a connected channel gets an event in every pass and the loop never
   * sleeps. Override it, or use DispatcherWithSend.
   */
  writable(): boolean {
    return true;
  }

  /** Called by the loop for input: calls handleAccept(), or finishes connecting and calls handleRead(). */
  handleReadEvent(): unknown {
    if (this.accepting) return this.handleAccept();
    return this.#finishConnecting() ? handleRead(this) : undefined;
  }

  /** Called by the loop when there is room to send: finishes connecting and calls handleWrite(). */
  handleWriteEvent(): unknown {
    if (this.accepting || !this.#finishConnecting()) return undefined;
    return this.handleWrite();
  }

  /** Called by the loop for an exceptional condition: calls handleClose() on an error, else handleExpt(). */
  handleExptEvent(): unknown {
    return pendingError(transportOf(this)) === 0 ? this.handleExpt() : this.handleClose();
  }

  /** Completes a connection in progress; false if the channel was closed in the process. */
  #finishConnecting(): boolean {
    if (this.connected || !this.connecting) return true;
    this.handleConnectEvent();
    return !this[closed];
  }

  /** Checks how connecting ended: calls handleConnect(), or throws the error, once. */
  handleConnectEvent(): void {
    const sock = transportOf(this);
    this.#connection ??= new Connecting(this);
    this.#connection.finish(sock);
    call(this, ONCE, () => this.handleConnect());
    if (this[closed] || this.socket !== sock) return;
    this.connected = true;
    this.connecting = false;
  }

  /**
   * Called with whatever a handler throws. By default, logs it on one line, of which the process
   * writes at most 10 in a second, and calls handleClose().
   */
  handleError(error: unknown): unknown {
    uncaptured.write(this, () => ` ${nameOf(this)} (${describeError(error)})`);
    return this.handleClose();
  }

  /**
   * Called when urgent data has arrived: read it with `socket.recv(size, MSG_OOB)`. By default it is
   * thrown away; another condition, which cannot be, is passed over until the channel has read.
   */
  handleExpt(): unknown {
    this.logInfo('unhandled incoming priority event', 'warning');
    return passOverUrgent(this);
  }

  /** Called when there is input or the end of input: call recv(). */
  handleRead(): unknown {
    return this.logInfo('unhandled read event', 'warning');
  }

  /** Called when there is room to send. */
  handleWrite(): unknown {
    return this.logInfo('unhandled write event', 'warning');
  }

  /** Called when the connection is established; `connected` becomes true when this returns. */
  handleConnect(): unknown {
    return this.logInfo('unhandled connect event', 'warning');
  }

  /** Accepts up to 64 pending connections and passes each one to handleAccepted(). */
  handleAccept(): unknown {
    return this.#acceptor.acceptAll();
  }

  /** Called with each new connection. By default, closes it. */
  handleAccepted(sock: Socket, _addr: AddressInfo): unknown {
    sock.close();
    return this.logInfo('unhandled accepted event', 'warning');
  }

  /**
   * Called when the process or the system has no room for another connection, once until one was
   * accepted again: `EMFILE`, `ENFILE`, `ENOBUFS`, `ENOMEM`. Close what you can do without. The
   * listener stays open and tries again every 0.1 s. By default, logs it on one line.
   */
  handleAcceptError(error: unknown): unknown {
    notAccepted.write(this, () => `: ${systemCode(error)}; ${nameOf(this)} tries again`);
    return undefined;
  }

  /** Called when the peer is gone. By default, closes the channel. */
  handleClose(): unknown {
    this.logInfo('unhandled close event', 'warning');
    return this.close();
  }

  /** Writes a line to standard error. The message is yours and printed as it is. */
  log(message: unknown): void {
    process.stderr.write(`log: ${textOf(message)}\n`);
  }

  /**
   * Writes a line to standard output unless `type` is ignored. The message is printed as it is; in
   * what the library itself logs, all that comes from outside is escaped.
   */
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
