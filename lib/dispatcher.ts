// asyncore's dispatcher: a socket with handlers, in a map of channels.
import { lookup } from 'node:dns';
import { constants } from 'node:os';
import { inspect } from 'node:util';
import { AcceptPause, PASSED_OVER } from './accept_pause.ts';
import { type Address, type AddressInfo, checkAddress, needsLookup } from './address.ts';
import { type Data, integer } from './arguments.ts';
import { type ChannelMap, checkMap, socketMap } from './channel.ts';
import {
  AF_INET,
  AF_INET6,
  AF_UNIX,
  SO_ERROR,
  SO_REUSEADDR,
  SOCK_DGRAM,
  SOCK_STREAM,
  SOL_SOCKET,
} from './constants.ts';
import { deliver } from './deliver.ts';
import { CodedError, DISCONNECTED, invalidType, NOT_NOW, systemCode, systemError } from './errors.ts';
import { type Announcer, type Announcing, announcePredicates, announcer, pollableFrom, touch } from './interest.ts';
import { isUnconnected, Socket, setUnconnected } from './socket_object.ts';
import { describeError } from './traceback.ts';
import { checkTransport, isSocket, type SocketTransport, type Transport } from './transport.ts';

/** What every channel ignores that does not say otherwise. */
const IGNORED: ReadonlySet<string> = new Set(['warning']);

/** The most connections that one read event accepts. */
const MOST_ACCEPTED = 64;

const { ECONNABORTED } = constants.errno;

/** No error is this. */
const NONE = Symbol('none');

/** A message of any kind as text: not every object can be made a string. */
function textOf(message: unknown): string {
  try {
    return String(message);
  } catch {
    return inspect(message);
  }
}

let wasClosed: (channel: object) => boolean;

/** Transports that a channel has taken, so that one that nobody took can be closed. */
const taken = new WeakSet<Transport>();

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
export class Dispatcher<T extends Transport = Socket> implements Announcing {
  /** The socket, null before there is one. It stays after close(). */
  socket: T | null = null;
  /** The peer's address, or the one that bind() was given. */
  addr: Address | AddressInfo | null = null;
  /** The family and type that createSocket() was given. */
  familyAndType: [family: number, type: number] | undefined;
  /** With true, DispatcherWithSend logs what it sends. */
  debug = false;
  /** Never set by the library. */
  closing = false;
  /** The types of messages that logInfo() passes over. */
  ignoreLogTypes: ReadonlySet<string> = IGNORED;

  [announcer]: Announcer | undefined = undefined;
  readonly #map: ChannelMap;
  #fd = -1;
  #connected = false;
  #accepting = false;
  #connecting = false;
  #closed = false;
  /** The lookup whose answer is awaited. */
  #lookup: object | undefined;
  /** The listener's rest, once it has needed one. */
  #pause: AcceptPause | undefined;
  /** The error by which recv() said last that there was nothing. */
  #nothingNow: unknown = NONE;

  static {
    wasClosed = (channel) => #closed in channel && channel.#closed;
  }

  /**
   * With a socket, takes it (non-blocking from now on) and enters the map; `connected` says whether
   * it has a peer. Without one, call createSocket() or setSocket().
   */
  constructor(sock?: null, map?: ChannelMap);
  constructor(sock: T | null | undefined, map?: ChannelMap);
  constructor(sock?: T | null, map?: ChannelMap) {
    if (map !== undefined) checkMap(map);
    this.#map = map ?? socketMap;
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
    touch(this);
  }

  /** Whether the channel listens: its read events are connections. */
  get accepting(): boolean {
    return this.#accepting;
  }

  set accepting(value: boolean) {
    this.#accepting = value;
    touch(this);
  }

  /** Whether a connection is being made. */
  get connecting(): boolean {
    return this.#connecting;
  }

  set connecting(value: boolean) {
    this.#connecting = value;
    touch(this);
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
    map.delete(this.#fd);
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
    checkTransport(sock);
    if (map !== undefined) checkMap(map);
    const fd = integer(sock.fileno(), 'sock.fileno()');
    this.socket = sock;
    this.#fd = fd;
    this.#closed = false;
    this.#lookup = undefined;
    taken.add(sock);
    this.addChannel(map);
  }

  /** Lets the address be bound again at once; an error is passed over. */
  setReuseAddr(): void {
    const sock = this.#sockets('setsockopt');
    try {
      sock.setsockopt(SOL_SOCKET, SO_REUSEADDR, sock.getsockopt(SOL_SOCKET, SO_REUSEADDR) | 1);
    } catch (error) {
      if (systemCode(error) === undefined) throw error;
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

  [pollableFrom](): number {
    if (this.#lookup !== undefined) return Infinity;
    if (this.#pause !== undefined && this.#pause.until > 0) return this.#pause.until;
    const { socket } = this;
    return socket instanceof Socket && isUnconnected(socket) ? Infinity : 0;
  }

  /** Listens for connections, each of which handleAccept() takes. */
  listen(backlog: number): void {
    this.accepting = true;
    this.#sockets('listen').listen(backlog);
  }

  /** Binds the socket; `addr` is the address that was asked for. */
  bind(address: Address): void {
    this.addr = address;
    this.#sockets('bind').bind(address);
  }

  /**
   * Begins to connect; handleConnect() follows, at once where that needs no waiting. A host name is
   * resolved with dns.lookup() first, without blocking. A failure that is known at once is thrown,
   * a later one goes to handleError().
   */
  connect(address: Address): void {
    const sock = this.#sockets('connect');
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
    const name = error === 0 ? '' : systemError(-error, 'connect').code;
    // A UNIX listener with a full backlog says EAGAIN; nothing is in progress then.
    const isPending = name === 'EINPROGRESS' || name === 'EALREADY' || (name === 'EAGAIN' && sock.family !== AF_UNIX);
    if (isPending) {
      this.addr = asked;
      touch(this);
    } else if (name === '' || name === 'EISCONN') {
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
      deliver(this.#map, this, () => {
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
    this.#connecting = false;
    if (this.socket instanceof Socket) setUnconnected(this.socket);
    touch(this);
  }

  /**
   * The next pending connection and its peer's address, or null when there is none. Out of
   * descriptors or memory, the listener rests for 0.1 s and stays open.
   */
  accept(): [Socket, AddressInfo] | null {
    const sock = this.#sockets('accept');
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
      return this.#transport().send(data);
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
      data = this.#transport().recv(size);
    } catch (error) {
      this.#closeIfGone(error);
      return Buffer.alloc(0);
    }
    if (data.length === 0 && size > 0 && !this.#hasDatagrams()) this.handleClose();
    return data;
  }

  /** recv() into a view of the caller's: the number of bytes. */
  recvInto(view: ArrayBufferView): number {
    const transport = this.#transport();
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
      if (code !== undefined && NOT_NOW.has(code)) this.#nothingNow = error;
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
  close(): void {
    this.#connected = false;
    this.#accepting = false;
    this.#connecting = false;
    this.#closed = true;
    this.#lookup = undefined;
    this.delChannel();
    try {
      this.socket?.close();
    } catch (error) {
      const code = systemCode(error);
      if (code !== 'ENOTCONN' && code !== 'EBADF') throw error;
    }
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

  /** What the loop calls for input: handleAccept(), or handleRead() after what a connect calls for. */
  handleReadEvent(): unknown {
    if (this.#accepting) return this.handleAccept();
    if (!this.#connected && this.#connecting) {
      this.handleConnectEvent();
      if (this.#closed) return undefined;
    }
    try {
      return this.handleRead();
    } catch (error) {
      // Linux may say that there is input, and then there is none: that is no fault of the channel.
      if (error !== this.#nothingNow) throw error;
      this.#nothingNow = NONE;
      return undefined;
    }
  }

  /** What the loop calls when there is room to send: handleWrite(), after what a connect calls for. */
  handleWriteEvent(): unknown {
    if (this.#accepting) return undefined;
    if (!this.#connected && this.#connecting) {
      this.handleConnectEvent();
      if (this.#closed) return undefined;
    }
    return this.handleWrite();
  }

  /** Finds out how connecting ended: handleConnect(), or the error is thrown, once. */
  handleConnectEvent(): void {
    const sock = this.#transport();
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
    if (this.#closed || this.socket !== sock) return;
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

  /** What the loop calls for an exceptional condition: handleClose() for an error, else handleExpt(). */
  handleExptEvent(): unknown {
    const error = this.#transport().getsockopt(SOL_SOCKET, SO_ERROR);
    return error === 0 ? this.handleExpt() : this.handleClose();
  }

  /** What a handler threw. The default logs it in one line and calls handleClose(). */
  handleError(error: unknown): unknown {
    let self: string;
    try {
      self = this.toString();
    } catch {
      self = '<toString() failed>';
    }
    this.logInfo(`uncaptured exception, closing channel ${self} (${describeError(error)})`, 'error');
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
    for (let i = 0; i < MOST_ACCEPTED && this.#accepting; i++) {
      const pair = this.accept();
      if (pair === null) return undefined;
      const [sock, addr] = pair;
      try {
        this.handleAccepted(sock, addr);
      } catch (error) {
        // Nobody else will close it.
        if (!taken.has(sock)) sock.close();
        throw error;
      }
    }
    return undefined;
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

  /** `<Class listening|connected host:port fd=n>`. */
  toString(): string {
    const words = [this.constructor.name];
    if (this.#accepting && this.addr) words.push('listening');
    else if (this.#connected) words.push('connected');
    if (this.addr !== null) {
      const isPair = typeof this.addr !== 'string' && this.addr.length === 2;
      words.push(isPair ? `${this.addr[0]}:${this.addr[1]}` : JSON.stringify(this.addr));
    }
    if (this.#fd >= 0) words.push(`fd=${this.#fd}`);
    return `<${words.join(' ')}>`;
  }

  [inspect.custom](): string {
    return this.toString();
  }

  #transport(): T {
    if (this.socket !== null) return this.socket;
    throw new CodedError('ERR_NO_SOCKET', 'The channel has no socket: call createSocket() or setSocket() first');
  }

  #sockets(call: string): SocketTransport {
    const transport = this.#transport();
    if (isSocket(transport)) return transport;
    throw new CodedError('ERR_NOT_A_SOCKET', `The channel's file cannot ${call}: it is not a socket`);
  }
}

announcePredicates(Dispatcher.prototype);

export { wasClosed };
