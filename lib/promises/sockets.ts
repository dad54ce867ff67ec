// asyncio's low-level calls on sockets: each is made when it is possible, and a wait that ends early has
// taken nothing out of the socket.
import { Buffer } from 'node:buffer';
import { type LookupOneOptions, lookup } from 'node:dns';
import { constants } from 'node:os';
import { type Address, type AddressInfo, checkAddress, needsLookup, shown } from '../descriptors/address.ts';
import { type Socket, setUnconnected } from '../descriptors/socket.ts';
import { PASSED_OVER } from '../dispatchers/accepting.ts';
import { bare, bytesOf, type Data, integer, writableBytes } from '../system/arguments.ts';
import { AF_INET6, POLLIN, POLLOUT, SO_ERROR, SOL_SOCKET } from '../system/constants.ts';
import { EAGAIN, invalidValue, NOT_NOW, systemError } from '../system/errors.ts';
import { NativePromise } from '../system/later.ts';
import { attempt, isMade } from './attempt.ts';
import { Limits, type WaitOptions, within } from './patience.ts';

const { EALREADY, EINPROGRESS, EISCONN, ECONNABORTED } = constants.errno;
const EMPTY: Buffer = Buffer.alloc(0);

/** What can be received from: a Socket, a FileWrapper, or your own object. */
export interface Receiving {
  /** The number of the descriptor to wait for. */
  fileno(): number;
  /** Up to `size` bytes, empty at the end; throws `EAGAIN` if there are none now. */
  recv(size: number): Buffer;
}

/** What can be sent to. */
export interface Sending {
  /** The number of the descriptor to wait for. */
  fileno(): number;
  /** How many bytes were taken; throws `EAGAIN` if there is no room now. */
  send(data: Data): number;
}

/**
 * Receives up to `size` bytes when there are some; empty at the end. asyncio's `sock_recv`.
 *
 * @example
 * const piece = await sockRecv(socket, 65536, { timeout: 30 });
 */
export async function sockRecv(sock: Receiving, size: number, options?: WaitOptions): Promise<Buffer> {
  integer(size, 'size');
  let piece: Buffer = EMPTY;
  const receive = () => {
    piece = sock.recv(size);
  };
  await attempt(sock, POLLIN, new Limits(options), () => isMade(receive, NOT_NOW));
  return piece;
}

/** Receives into the caller's view: the number of bytes, 0 at the end. asyncio's `sock_recv_into`. */
export async function sockRecvInto(
  sock: { fileno(): number; recvInto(view: ArrayBufferView): number },
  view: ArrayBufferView,
  options?: WaitOptions,
): Promise<number> {
  writableBytes(view, 'view');
  let count = 0;
  const receive = () => {
    count = sock.recvInto(view);
  };
  await attempt(sock, POLLIN, new Limits(options), () => isMade(receive, NOT_NOW));
  return count;
}

/** Receives a datagram, and its sender's address. asyncio's `sock_recvfrom`. */
export async function sockRecvfrom(sock: Socket, size: number, options?: WaitOptions): Promise<[Buffer, AddressInfo]> {
  let result: [Buffer, AddressInfo] = [EMPTY, ''];
  const receive = () => {
    result = sock.recvfrom(size);
  };
  await attempt(sock, POLLIN, new Limits(options), () => isMade(receive, NOT_NOW));
  return result;
}

/**
 * Sends all of `data`, which must not be changed meanwhile. When it fails or is ended early, a part may have
 * been sent; `timeout` is for the whole. asyncio's `sock_sendall`.
 */
export async function sockSendall(sock: Sending, data: Data, options?: WaitOptions): Promise<void> {
  const bytes = bytesOf(data, 'data');
  const { length } = bytes;
  let at = 0;
  const send = () => {
    for (let sent = 1; sent > 0 && at < length; at += sent) {
      const rest = at === 0 ? bytes : bytes.subarray(at);
      if (rest.length === 0) throw invalidValue('data', 'a view whose buffer is left as it is', data);
      sent = sock.send(rest);
    }
  };
  await attempt(sock, POLLOUT, new Limits(options), () => isMade(send, NOT_NOW) && at >= length);
}

/** Sends one datagram to `address`: the number of bytes. asyncio's `sock_sendto`. */
export async function sockSendto(sock: Socket, data: Data, address: Address, options?: WaitOptions): Promise<number> {
  const bytes = bytesOf(data, 'data');
  let count = 0;
  const send = () => {
    count = sock.sendto(bytes, address);
  };
  await attempt(sock, POLLOUT, new Limits(options), () => isMade(send, NOT_NOW));
  return count;
}

/**
 * Connects `sock`; a host name is resolved with dns.lookup(). A socket whose connecting was ended early must be
 * closed. asyncio's `sock_connect`.
 */
export async function sockConnect(sock: Socket, address: Address, options?: WaitOptions): Promise<void> {
  checkAddress(address, sock.family);
  const limits = new Limits(options);
  const resolved = needsLookup(address) ? await within(limits, () => resolve(address, sock.family)) : address;
  let isBegun = false;
  const step = () => {
    const errno = isBegun ? sock.getsockopt(SOL_SOCKET, SO_ERROR) : begin(sock, resolved);
    if (!isBegun && (errno === EINPROGRESS || errno === EALREADY)) {
      isBegun = true;
      return false;
    }
    if (errno === 0 || errno === EISCONN) return true;
    setUnconnected(sock);
    throw systemError(-errno, 'connect', shown(resolved));
  };
  await attempt(sock, POLLOUT, limits, step);
}

function begin(sock: Socket, address: Address): number {
  const errno = sock.connectEx(address);
  // Linux reports this once after a failed connect; after that the socket can connect again.
  return errno === ECONNABORTED ? sock.connectEx(address) : errno;
}

function resolve(address: readonly [string, number, number?, number?], family: number): Promise<Address> {
  const [host, port, flow = 0, scope = 0] = address;
  return new NativePromise((done, fail) => {
    lookup(host, bare<LookupOneOptions>({ family: family === AF_INET6 ? 6 : 4 }), (error, ip) => {
      if (error) fail(error);
      else done([ip, port, flow, scope]);
    });
  });
}

/**
 * Accepts a connection: it and its peer's address. Those that are gone before they could be accepted are passed
 * over. asyncio's `sock_accept`.
 */
export async function sockAccept<A extends AddressInfo>(
  sock: Socket<A>,
  options?: WaitOptions,
): Promise<[Socket<A>, A]> {
  const found: [Socket<A>, A][] = [];
  const accept = () => {
    found.push(sock.accept());
  };
  await attempt(sock, POLLIN, new Limits(options), () => isMade(accept, PASSED_OVER));
  const [pair] = found;
  if (pair === undefined) throw systemError(EAGAIN, 'accept');
  return pair;
}
