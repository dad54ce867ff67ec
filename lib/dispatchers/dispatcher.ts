// asyncore's dispatcher: a channel with handlers, its place in a map, and the calls on its socket.
// How it connects, accepts and transfers is in connecting.ts, accepting.ts and transfer.ts.
import { inspect } from 'node:util';
import { type Address, type AddressInfo, checkAddress } from '../descriptors/address.ts';
import type { Ancillary } from '../descriptors/message.ts';
import { BACKLOG, isUnconnected, Socket } from '../descriptors/socket.ts';
import { type ChannelMap, checkMap, socketMap } from '../reactor/channel.ts';
import { ONCE } from '../reactor/guard.ts';
import { beginAnew } from '../reactor/held.ts';
import {
  type BuiltInChannel,
  changed,
  closed,
  declareBuiltIn,
  ended,
  GONE,
  held,
  hungUp,
  leaveMaps,
  life,
  refer,
  registration,
  resting,
  timed,
  unreferenced,
} from '../reactor/interest.ts';
import { call, callClosing } from '../reactor/outside.ts';
import type { Registration } from '../reactor/registration.ts';
import { Registry } from '../reactor/registry.ts';
import { type Data, integer } from '../system/arguments.ts';
import { AF_INET, SOCK_STREAM } from '../system/constants.ts';
import { invalidType, systemCode } from '../system/errors.ts';
import { nameOf, textOf } from '../system/text.ts';
import { Accepting } from './accepting.ts';
import { Connecting } from './connecting.ts';
import { recvfrom, recvfromInto, recvmsg, sendmsg, sendto } from './datagrams.ts';
import { type Deadlines, limitTime, type TimeoutKind, timedOut } from './deadlines.ts';
import { notAccepted, uncaptured } from './error_lines.ts';
import { declareHandleEof, hangUp, shutdown } from './half_close.ts';
import { closeLingering, closeTransport, type LingeringOptions } from './lingering.ts';
import { hasLostNumber } from './lost_number.ts';
import { repr } from './repr.ts';
import { describeError } from './traceback.ts';
import { handleRead, recv, recvInto, send } from './transfer.ts';
import {
  addressOf,
  checkTransport,
  isListening,
  lookForPeer,
  type Peer,
  pendingError,
  type ReceivedMessage,
  setReuseAddr,
  socketOf,
  type Transport,
  transportOf,
  unclaimed,
} from './transport.ts';
import { passOverUrgent } from './urgent.ts';

/** The default of ignoreLogTypes. */
const IGNORED: ReadonlySet<string> = new Set(['warning']);

/**
 * A channel around a non-blocking socket. Override its `handle...` methods, and `readable()` and
 * `writable()`, which are called before every wait.
 *
 * Source: `asyncore.py`, `dispatcher`.
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
  /** The types of messages that logInfo() ignores. */
  ignoreLogTypes: ReadonlySet<string> = IGNORED;
  /** Never set by the library. */
  closing = false;
  /** The family and type passed to createSocket(). */
  familyAndType: [family: number, type: number] | undefined;

  /** @hidden */
  [registration]: Registration | undefined = undefined;
  /** @hidden */
  [closed] = false;
  /** @hidden */
  [ended] = 0;
  /** @hidden */
  [held] = 0;
  /** @hidden */
  [life] = 0;
  /** @hidden */
  [timed]: Deadlines | undefined = undefined;
  /** @hidden */
  [unreferenced] = false;
  readonly #map: ChannelMap;
  #fd = -1;
  #connected = false;
  #accepting = false;
  #connecting = false;
  /** What a constructor that was given a socket knows of it; afterwards, only that it was gone by then. */
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
  /** The same, with a socket of another kind, or perhaps none. */
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
    if (peer.isGone) this.#peer = peer;
  }

  /** Whether the channel has a peer. False inside handleConnect(). */
  get connected(): boolean {
    return this.#connected;
  }

  /** The library sets it; set it yourself for a transport that connects in a way of its own. */
  set connected(value: boolean) {
    this.#connected = value;
    changed(this);
  }

  /** Whether the channel is listening: its read events are connections. */
  get accepting(): boolean {
    return this.#accepting;
  }

  /** The library sets it when it listens. */
  set accepting(value: boolean) {
    this.#accepting = value;
    changed(this);
  }

  /** Whether a connection is being established. */
  get connecting(): boolean {
    return this.#connecting;
  }

  /** The library sets it while it connects. */
  set connecting(value: boolean) {
    this.#connecting = value;
    this[timed]?.connecting();
    changed(this);
  }

  get #isGone(): boolean {
    return !this.#connected && this.#peer?.isGone === true;
  }

  /** @hidden */
  [hungUp](): unknown {
    return hangUp(this);
  }

  /** @hidden */
  [resting](): number {
    if (this.#isGone) return GONE;
    if (this.#connection?.isResolving) return Infinity;
    if (this.socket instanceof Socket && isUnconnected(this.socket)) return Infinity;
    return this.#listener?.restsUntil ?? 0;
  }

  /** The channel's own map, the one that was passed to the constructor: Python's `_map`. */
  get map(): ChannelMap {
    return this.#map;
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
    // From now on the map is heard, so that close() can leave it.
    Registry.of(map).map.set(this.#fd, this);
  }

  /** Removes the channel from the map. */
  delChannel(map: ChannelMap = this.#map): void {
    checkMap(map);
    if (!hasLostNumber(this, map.get(this.#fd))) map.delete(this.#fd);
    this.#fd = -1;
  }

  /** Creates a socket and adds the channel to the map. */
  createSocket(this: Dispatcher<Socket>, family: number = AF_INET, type: number = SOCK_STREAM): void {
    const sock = new Socket(family, type);
    try {
      this.setSocket(sock);
    } catch (error) {
      sock.close();
      throw error;
    }
    this.familyAndType = [family, type];
  }

  /**
   * Takes a socket as it is and adds the channel to the map; `accepting` becomes true if it is a
   * listening one. A previous socket is neither closed nor removed.
   */
  setSocket(sock: T, map?: ChannelMap): void {
    checkTransport(sock);
    if (map !== undefined) checkMap(map);
    const fd = integer(sock.fileno(), 'sock.fileno()');
    const [oldSocket, oldFd] = [this.socket, this.#fd];
    const undo = sock !== oldSocket || this[closed] ? beginAnew(this) : undefined;
    this.socket = sock;
    this.#fd = fd;
    try {
      this.addChannel(map);
    } catch (error) {
      this.socket = oldSocket;
      this.#fd = oldFd;
      undo?.();
      throw error;
    }
    unclaimed.delete(sock);
    this.#connection?.cancel();
    if (!this.#peer?.isThere && isListening(sock)) this.accepting = true;
    this.#peer = undefined;
  }

  /** Allows the address to be reused at once; errors are ignored. */
  setReuseAddr(): void {
    setReuseAddr(this);
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

  /** The socket's own address; null if it has none. */
  get localAddress(): AddressInfo | null {
    return addressOf(this.socket, 'getsockname');
  }

  /** The peer's address; null if there is no peer. */
  get remoteAddress(): AddressInfo | null {
    return addressOf(this.socket, 'getpeername');
  }

  /** The socket's own address. */
  getsockname(): AddressInfo {
    return socketOf(this, 'getsockname').getsockname();
  }

  /** The peer's address; throws `ENOTCONN` if there is no peer. */
  getpeername(): AddressInfo {
    return socketOf(this, 'getpeername').getpeername();
  }

  /**
   * Sends a datagram to `address`; returns the number of bytes, 0 if the system takes none now. Any other
   * error is thrown: a server that answers whoever asks should expect that some cannot be answered.
   */
  sendto(data: Data, address: Address): number {
    return sendto(this, data, address);
  }

  /**
   * Receives a datagram of up to `size` bytes (what is longer is cut) and its sender's address. Throws
   * EAGAIN if there is nothing to read now. On a stream, as recv().
   */
  recvfrom(size: number): [Buffer, AddressInfo] {
    return recvfrom(this, size);
  }

  /** Like recvfrom(), but into the caller's view; the number of bytes comes first. */
  recvfromInto(view: ArrayBufferView): [number, AddressInfo] {
    return recvfromInto(this, view);
  }

  /**
   * Sends the buffers as one message with ancillary data, past any queue; returns the number of bytes, 0 if the
   * system takes none now. See Socket.sendmsg(). What `address` refuses is thrown, as by sendto(); without an
   * address, a peer that is gone leads to handleClose(), as in send().
   */
  sendmsg(buffers: readonly Data[], ancillary: readonly Ancillary[] = [], flags = 0, address?: Address | null): number {
    return sendmsg(this, buffers, ancillary, flags, address);
  }

  /**
   * Receives up to `size` bytes with up to `ancillarySize` bytes of ancillary data, and with flags that say
   * what was cut off: `MSG_TRUNC` of the bytes, `MSG_CTRUNC` of the ancillary data. See Socket.recvmsg().
   */
  recvmsg(size: number, ancillarySize = 0, flags = 0): ReceivedMessage {
    return recvmsg(this, size, ancillarySize, flags);
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

  /**
   * shutdown(2): ends our side (`SHUT_WR`), the peer's (`SHUT_RD`) or both. The peer gets the end of the
   * data and can go on sending. What waits in a queue is not sent any more: see AsyncChat.endWhenDone().
   */
  shutdown(how: number): void {
    shutdown(this, how);
  }

  /**
   * Closes the channel at once, but its socket only when the peer has ended its side: until then, what
   * comes is thrown away. close() with unread input would reset the connection, and the peer could
   * lose what was sent to it last. After `timeout` seconds or `most` bytes the socket is closed anyway.
   *
   * A file, and a socket without a peer, is closed at once.
   */
  closeLingering(options?: LingeringOptions): void {
    closeLingering(this, this[registration]?.map ?? this.#map, options);
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
    if (this.socket !== null) closeTransport(this.socket);
  }

  /**
   * Limits the time, in seconds, that the channel waits; handleTimeout() is called when it is over, once
   * until something moves again or you call this again. 0, null or Infinity: no limit. The shortest is 1 ms.
   *
   * - `'idle'`: nothing has been received or sent, however little was asked for.
   * - `'connect'`: from connect() until it is connected; resolving its name counts.
   * - `'read'`: it was waiting for input all the time, and none came.
   * - `'write'`: it was waiting to send all the time, and could not.
   * - `'message'`: of an AsyncChat, from the first bytes of a message until its terminator is found, however
   *   many come in between.
   *
   * It comes up to 1/64 of the limit late, and at most 1 s, so that many channels are looked at together.
   */
  setTimeout(kind: TimeoutKind, seconds: number | null): void {
    limitTime(this, kind, seconds);
  }

  /** A loop goes on for the channel, as it does for every channel unless unref() was called. */
  ref(): this {
    refer(this, true);
    return this;
  }

  /** A loop ends although the channel is open, when there are only such channels left in its map. */
  unref(): this {
    refer(this, false);
    return this;
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

  /**
   * Whether to wait for exceptional conditions alone, such as urgent data or a change of
   * /proc/self/mounts; called after writable(). By default undefined: as asyncore, a channel that is
   * readable waits for them too, and with select() so does one that is writable. A condition of a file
   * goes to handleExpt(), which must clear it (as a rule by reading the file from its beginning).
   */
  exceptional(): boolean | undefined {
    return undefined;
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
    return pendingError(transportOf(this)) === 0 ? this.handleExpt() : callClosing(this);
  }

  /** Completes a connection in progress; false if the channel was closed in the process. */
  #finishConnecting(): boolean {
    if (this.#connected) return true;
    if (this.#isGone) {
      callClosing(this);
      return false;
    }
    if (!this.#connecting) return true;
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
   * Called when urgent data has arrived: read it with `socket.recv(size, MSG_OOB)`. By default it is
   * thrown away; another condition, which cannot be, is passed over until the channel has read.
   */
  handleExpt(): unknown {
    this.logInfo('unhandled incoming priority event', 'warning');
    return passOverUrgent(this);
  }

  /** Accepts up to 64 pending connections and passes each one to handleAccepted(). */
  handleAccept(): unknown {
    return this.#acceptor.acceptAll();
  }

  /**
   * Called with whatever a handler throws. By default, logs it on one line, of which the process
   * writes at most 10 in a second, and calls handleClose().
   */
  handleError(error: unknown): unknown {
    uncaptured.write(this, () => ` ${nameOf(this)} (${describeError(error)})`);
    return this.handleClose();
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

  /** Called with each new connection; if it is async, the next one waits. By default, closes it. */
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
    return notAccepted.write(this, () => `: ${systemCode(error)}; ${nameOf(this)} tries again`);
  }

  /** Called when a limit of setTimeout() is over. By default throws `ETIMEDOUT`, which handleError() gets. */
  handleTimeout(kind: TimeoutKind): unknown {
    throw timedOut(this, kind);
  }

  /**
   * Called when the peer has ended its side, once, by the recv() that found nothing. By default calls
   * handleClose(). If you override it, the channel is not asked for input any more and can go on sending;
   * when our side has ended as well, by shutdown() or endWhenDone(), handleClose() is called.
   */
  handleEof(): unknown {
    return this.handleClose();
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

  /** The same as close(): `using channel = new Echo(sock)`. */
  [Symbol.dispose](): void {
    this.close();
  }

  /** `<Class listening|connected host:port fd=n>`. */
  toString(): string {
    return repr(this);
  }

  /** @hidden */
  [inspect.custom](): string {
    return this.toString();
  }
}

declareBuiltIn(Dispatcher.prototype);
declareHandleEof(Dispatcher.prototype.handleEof);
