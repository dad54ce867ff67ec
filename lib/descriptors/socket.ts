// Python's socket objects on the addon's descriptors: non-blocking and close-on-exec from the
// start.
import { constants } from 'node:os';
import { boolean, bytesOf, type Data, integer, writableBytes } from '../system/arguments.ts';
import {
  AF_INET,
  AF_UNIX,
  SO_DOMAIN,
  SO_TYPE,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
  SOCK_SEQPACKET,
  SOCK_STREAM,
  SOMAXCONN,
} from '../system/constants.ts';
import { check, invalidType, systemError } from '../system/errors.ts';
import type { Family } from '../system/families.ts';
import { native, type Receive } from '../system/native.ts';
import { moved, progress } from '../system/progress.ts';
import { type Address, type AddressInfo, addressParts, shown } from './address.ts';
import { Adopted } from './adopted.ts';
import { noteBlocking } from './blocking.ts';
import { FileWrapper } from './file_wrapper.ts';
import { type Ancillary, type ReceivedAncillary, receiveMessage, sendMessage, socketOption } from './message.ts';
import { lasting } from './own_memory.ts';
import { receive, receiveLent } from './receive.ts';
import { SocketOptions } from './socket_options.ts';
import { unclosedSockets } from './unclosed.ts';

const INT_MIN = -(2 ** 31);
/** What socket(2) takes together with a type. Every socket has both from the start. */
const TYPE_FLAGS = SOCK_NONBLOCK | SOCK_CLOEXEC;
/** How many connections may wait to be accepted if nothing else is asked for, as in Python. */
export const BACKLOG = Math.min(SOMAXCONN, 128);

const { EAGAIN, EALREADY, EINPROGRESS, EISCONN } = constants.errno;
/** The answers of connect(2) after which a socket is not as it was. */
const UNDER_WAY: ReadonlySet<number> = new Set([0, EINPROGRESS, EALREADY, EISCONN, EAGAIN]);

/** Whether nothing can be done with a socket of that type until it is connected or listens. */
export function needsPeer(type: number): boolean {
  return type === SOCK_STREAM || type === SOCK_SEQPACKET;
}

const recv: Receive = (handle, slab, pool, landing) => native.recv(handle, slab, pool, landing);

function bytesReceived(data: Buffer | number): Buffer {
  if (typeof data === 'number') throw systemError(data, 'recv');
  return data;
}

/** The most bytes that recvmsg() receives, as recv(). */
const MOST = 1 << 20;

/** The Socket of a handle that the addon has given out. */
export function adoptHandle(handle: number, type: number | undefined = socketOption(handle, SO_TYPE)): Socket {
  return new Socket(new Adopted(handle, socketOption(handle, SO_DOMAIN), type));
}

/** The owner of a descriptor that came in a message: a Socket if it is one, else a FileWrapper. */
function ownerOf(handle: number): Socket | FileWrapper {
  const type = socketOption(handle, SO_TYPE);
  if (type === undefined) return new FileWrapper(new Adopted(handle));
  check(native.setBlocking(handle, false), 'fcntl');
  return adoptHandle(handle, type);
}

// For other files of the library, which the class lets at what is its own.
let isUnconnected: (socket: Socket) => boolean;
let setUnconnected: (socket: Socket) => void;
let recvLent: (socket: Socket, size: number) => Buffer;

/**
 * A socket, as Python's `socket.socket`: non-blocking, so that a call with nothing to do throws a
 * SystemError with code `EAGAIN`. It owns its descriptor; call close() when you are done with it.
 *
 * `A` is what its addresses are. It is known where the family was given as a constant: those of
 * `new Socket(AF_INET)` are `[host, port]`.
 *
 * Errors: SystemError with the code and syscall of the failure; `EBADF` after close().
 */
export class Socket<A extends AddressInfo = AddressInfo> extends SocketOptions {
  /** The address family, `AF_*`. */
  override readonly family: number;
  /** The type, `SOCK_*`, without SOCK_NONBLOCK and SOCK_CLOEXEC. */
  readonly type: number;
  #handle: number;
  #fd: number;
  // A stream socket that is neither connected nor listening. Linux reports such a socket as
  // writable and hung up, so channels do not poll it.
  #unconnected: boolean;

  static {
    isUnconnected = (socket) => socket.#unconnected;
    setUnconnected = (socket) => {
      socket.#unconnected = needsPeer(socket.type);
    };
    recvLent = (socket, size) => bytesReceived(receiveLent(recv, socket.#handle, size));
  }

  /** socket(2): an `AF_INET` `SOCK_STREAM` socket, unless said otherwise. */
  constructor(family?: number | Family<A>, type?: number, protocol?: number);
  /** @internal */
  constructor(adopted: Adopted);
  constructor(family: number | Adopted = AF_INET, type: number = SOCK_STREAM, protocol = 0) {
    super();
    if (family instanceof Adopted) {
      this.#handle = family.handle;
      this.family = family.family;
      this.type = family.type;
      this.#unconnected = false;
    } else {
      this.family = integer(family, 'family');
      this.type = integer(type, 'type') & ~TYPE_FLAGS;
      this.#handle = check(native.socket(family, this.type, integer(protocol, 'protocol')), 'socket');
      this.#unconnected = needsPeer(this.type);
    }
    this.#fd = native.fileno(this.#handle);
    unclosedSockets.register(this, this.#handle, this);
  }

  /**
   * Takes ownership of the socket with descriptor number `fd` and makes it non-blocking. `ENOTSOCK`
   * if it is not a socket, `EBADF` if it is not open, `EBUSY` if another Socket of this thread owns
   * it.
   */
  static fromFd(fd: number): Socket {
    return adoptHandle(check(native.adoptSocket(integer(fd, 'fd')), 'getsockname'));
  }

  /** bind(2). A host is an IP address, `''` (any) or `'localhost'`. */
  bind(address: Address): void {
    const result = native.bind(this.#handle, ...addressParts(address, this.family));
    if (result < 0) throw systemError(result, 'bind', shown(address));
  }

  /** listen(2). */
  listen(backlog: number = BACKLOG): void {
    check(native.listen(this.#handle, integer(backlog, 'backlog')), 'listen');
    this.#unconnected = false;
  }

  /** accept(2): the connection, which is non-blocking, and its peer's address (`''` if it has none). */
  accept(): [Socket<A>, A] {
    const result = native.accept<A>(this.#handle);
    if (typeof result === 'number') throw systemError(result, 'accept');
    progress.count++;
    return [new Socket(new Adopted(result[0], this.family, this.type)), result[1]];
  }

  /** connect(2); throws `EINPROGRESS` where connectEx() returns it. */
  connect(address: Address): void {
    const result = this.connectEx(address);
    if (result !== 0) throw systemError(-result, 'connect', shown(address));
  }

  /**
   * connect(2) like Python's `connect_ex`: 0 if connected, else the error number, positive as in
   * `os.constants.errno` (`EINPROGRESS` while the connection is being established).
   */
  connectEx(address: Address): number {
    const errno = 0 - native.connect(this.#handle, ...addressParts(address, this.family)); // and not -0
    // A UNIX listener whose backlog is full says EAGAIN, and nothing is in progress.
    if (UNDER_WAY.has(errno) && !(errno === EAGAIN && this.family === AF_UNIX)) this.#unconnected = false;
    return errno;
  }

  /** send(2), without SIGPIPE: the number of bytes taken, which may be fewer. */
  send(data: Data, flags = 0): number {
    const bytes = bytesOf(data, 'data');
    return moved(native.send(this.#handle, bytes, integer(flags, 'flags', INT_MIN)), 'send');
  }

  /** sendto(2). */
  sendto(data: Data, address: Address): number;
  sendto(data: Data, flags: number, address: Address): number;
  sendto(data: Data, flagsOrAddress: number | Address, address?: Address): number {
    const flags = typeof flagsOrAddress === 'number' ? integer(flagsOrAddress, 'flags', INT_MIN) : 0;
    const peer = typeof flagsOrAddress === 'number' ? address : flagsOrAddress;
    const parts = addressParts(peer, this.family);
    // Last: reading an address may run a program's own code, which may take the bytes away.
    return moved(native.sendto(this.#handle, bytesOf(data, 'data'), flags, ...parts), 'sendto');
  }

  /**
   * recv(2): up to `size` bytes (at most 1 MiB per call), empty at the end of the peer's data. The
   * Buffer is yours and never changes.
   */
  recv(size: number, flags = 0): Buffer {
    integer(size, 'size');
    integer(flags, 'flags', INT_MIN);
    return bytesReceived(receive(recv, this.#handle, size, flags));
  }

  /** recv(2) into the caller's view: the number of bytes, 0 at the end of the peer's data. */
  recvInto(view: ArrayBufferView, flags = 0): number {
    const bytes = writableBytes(view, 'view');
    return moved(native.recvInto(this.#handle, integer(flags, 'flags', INT_MIN), bytes), 'recv');
  }

  /** recvfrom(2): the bytes and the sender's address. */
  recvfrom(size: number, flags = 0): [Buffer, AddressInfo] {
    integer(size, 'size');
    integer(flags, 'flags', INT_MIN);
    const peer: AddressInfo[] = [];
    const call: Receive = (handle, slab, pool, landing) => native.recvfrom(handle, slab, pool, landing, peer);
    const data = receive(call, this.#handle, size, flags);
    if (typeof data === 'number') throw systemError(data, 'recvfrom');
    return [data, peer[0] ?? ''];
  }

  /** recvfrom(2) into the caller's view: the number of bytes and the sender's address. */
  recvfromInto(view: ArrayBufferView, flags = 0): [number, AddressInfo] {
    const bytes = writableBytes(view, 'view');
    const peer: AddressInfo[] = [];
    const count = native.recvfromInto(this.#handle, integer(flags, 'flags', INT_MIN), bytes, peer);
    return [moved(count, 'recvfrom'), peer[0] ?? ''];
  }

  /**
   * sendmsg(2): sends the buffers as one message, with ancillary data `[level, type, data]`, and
   * returns the number of bytes taken. To send descriptors, use sendFds().
   */
  sendmsg(buffers: readonly Data[], ancillary: readonly Ancillary[] = [], flags = 0, address?: Address | null): number {
    return moved(sendMessage(this.#handle, this.family, buffers, ancillary, flags, address), 'sendmsg');
  }

  /**
   * recvmsg(2): up to `size` bytes (at most 1 MiB), up to `ancillarySize` bytes of ancillary data
   * (see CMSG_SPACE()), flags that say what was cut (`MSG_TRUNC`: bytes, `MSG_CTRUNC`: ancillary
   * data), and the sender's address.
   *
   * Descriptors (`SCM_RIGHTS`) come as an array of objects that own them, close-on-exec: a Socket,
   * non-blocking, for each that is a socket, and a FileWrapper, whose reads and writes never block,
   * for any other. Close those that you do not want; one that is dropped is closed when it is collected.
   */
  recvmsg(
    size: number,
    ancillarySize = 0,
    flags = 0,
  ): [data: Buffer, ancillary: ReceivedAncillary<Socket | FileWrapper>[], flags: number, address: AddressInfo] {
    // Zeros, because the system may count more bytes than it writes.
    const bytes = Buffer.alloc(Math.min(integer(size, 'size'), MOST));
    const { count, ancillary, ...rest } = receiveMessage(this.#handle, [bytes], ancillarySize, flags, ownerOf);
    const data = lasting(bytes.buffer, bytes.byteOffset, Math.min(count, bytes.length));
    return [data, ancillary, rest.flags, rest.address];
  }

  /** recvmsg(2) into the caller's views, one after the other; the number of bytes comes first. */
  recvmsgInto(
    views: readonly ArrayBufferView[],
    ancillarySize = 0,
    flags = 0,
  ): [count: number, ancillary: ReceivedAncillary<Socket | FileWrapper>[], flags: number, address: AddressInfo] {
    if (!Array.isArray(views)) throw invalidType('views', 'an array', views);
    // A copy first, because an accessor may take the bytes of another view away.
    const bytes = [...views].map((each: unknown, i) => writableBytes(each, `views[${i}]`));
    const { count, ancillary, ...rest } = receiveMessage(this.#handle, bytes, ancillarySize, flags, ownerOf);
    return [count, ancillary, rest.flags, rest.address];
  }

  /** getsockopt(2): a number, or with `length` up to that many bytes. */
  override getsockopt(level: number, name: number): number;
  override getsockopt(level: number, name: number, length: number): Buffer;
  override getsockopt(level: number, name: number, length?: number): number | Buffer {
    integer(level, 'level');
    integer(name, 'name');
    // Zeros, because the system may write fewer bytes.
    const bytes = Buffer.alloc(length === undefined ? 4 : integer(length, 'length', 0, 1 << 20));
    const size = check(native.getsockopt(this.#handle, level, name, bytes), 'getsockopt');
    if (length !== undefined) return lasting(bytes.buffer, bytes.byteOffset, Math.min(size, length));
    return new Int32Array(bytes.buffer, bytes.byteOffset, 1)[0] ?? 0;
  }

  /** setsockopt(2) with a number or the bytes of a struct. */
  override setsockopt(level: number, name: number, value: number | Uint8Array): void {
    integer(level, 'level');
    integer(name, 'name');
    const bytes =
      typeof value === 'number'
        ? new Uint8Array(Int32Array.of(integer(value, 'value', INT_MIN)).buffer)
        : writableBytes(value, 'value');
    check(native.setsockopt(this.#handle, level, name, bytes), 'setsockopt');
  }

  /** The socket's own address. */
  override getsockname(): A {
    const result = native.getsockname<A>(this.#handle);
    if (typeof result === 'number') throw systemError(result, 'getsockname');
    return result;
  }

  /** The peer's address; `ENOTCONN` if there is no peer. */
  override getpeername(): A {
    const result = native.getpeername<A>(this.#handle);
    if (typeof result === 'number') throw systemError(result, 'getpeername');
    return result;
  }

  /** shutdown(2): `SHUT_RD`, `SHUT_WR` or `SHUT_RDWR`. */
  shutdown(how: number): void {
    check(native.shutdown(this.#handle, integer(how, 'how')), 'shutdown');
  }

  /** If `true`, calls block this thread, and with it all other JavaScript that runs on it. */
  setBlocking(on: boolean): void {
    check(native.setBlocking(this.#handle, boolean(on, 'on')), 'fcntl');
    noteBlocking(this, this.#handle, on);
  }

  /** Whether calls block. */
  getBlocking(): boolean {
    return check(native.getBlocking(this.#handle), 'fcntl') === 1;
  }

  /** The descriptor's number, or -1 after close(). */
  override fileno(): number {
    return this.#fd;
  }

  /** Releases the descriptor without closing it and returns its number. */
  detach(): number {
    const fd = check(native.detach(this.#handle), 'detach');
    this.#forget();
    return fd;
  }

  /** Closes the descriptor; the peer sees the end at once. Calling it again does nothing. */
  close(): void {
    if (this.#fd < 0) return;
    const handle = this.#handle;
    this.#forget();
    check(native.close(handle), 'close');
  }

  /** The same as close(): `using sock = new Socket()`. */
  [Symbol.dispose](): void {
    this.close();
  }

  #forget(): void {
    unclosedSockets.unregister(this);
    this.#handle = 0;
    this.#fd = -1;
  }
}

/** socketpair(2): two sockets that are connected to each other. */
export function socketpair(family: number = AF_UNIX, type: number = SOCK_STREAM): [Socket, Socket] {
  integer(family, 'family');
  const plain = integer(type, 'type') & ~TYPE_FLAGS;
  const result = native.socketpair(family, plain);
  if (typeof result === 'number') throw systemError(result, 'socketpair');
  return [new Socket(new Adopted(result[0], family, plain)), new Socket(new Adopted(result[1], family, plain))];
}

export { isUnconnected, recvLent, setUnconnected };
