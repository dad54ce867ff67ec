// What a dispatcher reads from and writes to.
import type { Address, AddressInfo } from '../descriptors/address.ts';
import type { FileWrapper } from '../descriptors/file_wrapper.ts';
import type { Ancillary, ReceivedAncillary } from '../descriptors/message.ts';
import { isUnconnected, needsPeer, Socket } from '../descriptors/socket.ts';
import type { Data } from '../system/arguments.ts';
import {
  MSG_PEEK,
  SO_ACCEPTCONN,
  SO_ERROR,
  SO_REUSEADDR,
  SOCK_DGRAM,
  SOCK_STREAM,
  SOL_SOCKET,
} from '../system/constants.ts';
import { CodedError, invalidType, systemCode } from '../system/errors.ts';

/**
 * A Socket, a FileWrapper, or your own object with these methods (a TLS layer, for example). A call
 * that can do nothing now throws an error with code `EAGAIN`.
 */
export interface Transport {
  /** The number of the descriptor to wait for. */
  fileno(): number;
  /** Up to `size` bytes, empty at the end. */
  recv(size: number): Buffer;
  /** How many bytes were taken. */
  send(data: Data): number;
  /** Releases the descriptor. */
  close(): void;
  /** Called with `false` by the channel that takes it. */
  setBlocking(on: boolean): void;
  /** Asked for `SO_ERROR`, the pending error, and `SO_ACCEPTCONN`, whether it listens. */
  getsockopt(level: number, name: number): number;
  /** Receives into the caller's view: how many bytes, 0 at the end. */
  recvInto?(view: ArrayBufferView): number;
}

/** What recvmsg() gives: what was cut off is told by `MSG_TRUNC` and `MSG_CTRUNC` in the flags. */
export type ReceivedMessage = [
  data: Buffer,
  ancillary: ReceivedAncillary<Socket | FileWrapper>[],
  flags: number,
  address: AddressInfo,
];

/** The calls that only sockets support. A channel asks only for the one that it is about to make. */
export interface SocketTransport extends Transport {
  /** The address family, `AF_*`. */
  readonly family: number;
  /** The type, `SOCK_*`, without flags. */
  readonly type: number;
  /** bind(2). */
  bind(address: Address): void;
  /** listen(2). */
  listen(backlog: number): void;
  /** accept(2): the connection and its peer's address. */
  accept(): [Socket, AddressInfo];
  /** connect(2): 0, or the error number, positive. */
  connectEx(address: Address): number;
  /** The peer's address; throws `ENOTCONN` if there is no peer. */
  getpeername(): AddressInfo;
  /** setsockopt(2). */
  setsockopt(level: number, name: number, value: number | Uint8Array): void;
  /** getsockname(2): the address of this end. */
  getsockname?(): AddressInfo;
  /** sendto(2): how many bytes were taken. */
  sendto?(data: Data, address: Address): number;
  /** recvfrom(2): a datagram, up to `size` bytes of it, and its sender's address. */
  recvfrom?(size: number): [Buffer, AddressInfo];
  /** Receives a datagram into the caller's view: how many bytes, and its sender's address. */
  recvfromInto?(view: ArrayBufferView): [number, AddressInfo];
  /** sendmsg(2): how many bytes were taken. */
  sendmsg?(
    buffers: readonly Data[],
    ancillary?: readonly Ancillary[],
    flags?: number,
    address?: Address | null,
  ): number;
  /** recvmsg(2): the bytes, the ancillary data, the flags, and the sender's address. */
  recvmsg?(size: number, ancillarySize?: number, flags?: number): ReceivedMessage;
  /** shutdown(2). */
  shutdown(how: number): void;
}

type Named = 'bind' | 'listen' | 'accept' | 'connectEx' | 'getpeername' | 'getsockname' | 'setsockopt' | 'shutdown';
type SocketCall = Named | 'sendto' | 'recvfrom' | 'recvfromInto' | 'sendmsg' | 'recvmsg';
/** A transport that supports `Call`. */
export type Supporting<Call extends SocketCall> = Transport &
  Required<Pick<SocketTransport, Call>> & { readonly family?: number };

/** Accepted connections that no channel has taken yet, so that one that none takes can be closed. */
export const unclaimed = new WeakSet<Transport>();

/** Throws if `sock` cannot serve as a channel's socket. */
export function checkTransport(sock: unknown): void {
  if (typeof sock === 'object' && sock !== null && 'fileno' in sock && typeof sock.fileno === 'function') return;
  throw invalidType('sock', 'a Socket or an object with its methods', sock);
}

function supports<Call extends SocketCall>(transport: Transport, call: Call): transport is Supporting<Call> {
  return typeof Reflect.get(transport, call) === 'function';
}

/** Whether it is a socket of datagrams, where an empty one is no end. */
export function hasDatagrams(transport: Transport): boolean {
  return 'type' in transport && transport.type === SOCK_DGRAM;
}

/** The peer's address; undefined for what has no peers. */
export function peerOf(transport: Transport): AddressInfo | undefined {
  return supports(transport, 'getpeername') ? transport.getpeername() : undefined;
}

/** Its own address or its peer's; null if there is none, or it is closed. */
export function addressOf(transport: Transport | null, call: 'getsockname' | 'getpeername'): AddressInfo | null {
  try {
    if (transport === null) return null;
    if (call === 'getpeername') return peerOf(transport) ?? null;
    return supports(transport, 'getsockname') ? transport.getsockname() : null;
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
    return null;
  }
}

/** Whether a socket that is handed over has a peer, and its address. */
export interface Peer {
  readonly isThere: boolean;
  /** Whether there was one. */
  readonly isGone: boolean;
  readonly addr: AddressInfo | null;
}

export function lookForPeer(transport: Transport): Peer {
  try {
    return { isThere: true, isGone: false, addr: peerOf(transport) ?? null };
  } catch (error) {
    const code = systemCode(error);
    if (code !== 'ENOTCONN' && code !== 'EINVAL') throw error;
    return { isThere: false, isGone: wasConnected(transport), addr: null };
  }
}

/** The errors of recv() on a socket that was never connected. */
const NEVER: ReadonlySet<string> = new Set(['ENOTCONN', 'EINVAL', 'EAGAIN', 'EOPNOTSUPP']);

/** Whether a socket without a peer had one: it was reset before anybody looked. */
function wasConnected(transport: Transport): boolean {
  if (!(transport instanceof Socket) || !needsPeer(transport.type) || isUnconnected(transport)) return false;
  try {
    transport.recv(1, MSG_PEEK);
    return true;
  } catch (error) {
    const code = systemCode(error);
    return code !== undefined && !NEVER.has(code);
  }
}

/** Whether it is a listening socket, whoever called listen(). */
export function isListening(transport: Transport): boolean {
  if (!supports(transport, 'accept')) return false;
  try {
    return transport.getsockopt(SOL_SOCKET, SO_ACCEPTCONN) === 1;
  } catch {
    return false;
  }
}

/** Allows the address of a channel's socket to be reused at once, if the system can. */
export function setReuseAddr(channel: Holder): void {
  const sock = socketOf(channel, 'setsockopt');
  try {
    sock.setsockopt(SOL_SOCKET, SO_REUSEADDR, sock.getsockopt(SOL_SOCKET, SO_REUSEADDR) | 1);
  } catch (error) {
    if (systemCode(error) === undefined) throw error;
  }
}

/** The error that waits on it, and is cleared by this; 0 if there is none. */
export function pendingError(transport: Transport): number {
  return transport.getsockopt(SOL_SOCKET, SO_ERROR);
}

/** Whether each send is a message that must arrive as it is: on sockets that are no streams. */
export function hasMessages(transport: Transport): boolean {
  return 'type' in transport && transport.type !== SOCK_STREAM;
}

interface Holder {
  readonly socket: Transport | null;
}

/** The channel's socket; throws if it has none. */
export function transportOf(channel: Holder): Transport {
  if (channel.socket !== null) return channel.socket;
  throw new CodedError('ERR_NO_SOCKET', 'The channel has no socket: call createSocket() or setSocket() first');
}

/** The channel's socket, for a call that files do not support. */
export function socketOf<Call extends SocketCall>(channel: Holder, call: Call): Supporting<Call> {
  const transport = transportOf(channel);
  if (supports(transport, call)) return transport;
  throw new CodedError('ERR_NOT_A_SOCKET', `The channel's file has no ${call}(): it is not a socket`);
}
