// What a dispatcher reads from and writes to.
import type { Address, AddressInfo } from '../descriptors/address.ts';
import type { Socket } from '../descriptors/socket.ts';
import type { Data } from '../system/arguments.ts';
import { SOCK_STREAM } from '../system/constants.ts';
import { CodedError, invalidType } from '../system/errors.ts';

/**
 * A Socket, a FileWrapper, or your own object with these methods (a TLS layer, for example). A call
 * that can do nothing now throws an error with code `EAGAIN`.
 */
export interface Transport {
  fileno(): number;
  recv(size: number): Buffer;
  send(data: Data): number;
  close(): void;
  setBlocking(on: boolean): void;
  getsockopt(level: number, name: number): number;
  recvInto?(view: ArrayBufferView): number;
}

/** The calls that only sockets support. */
export interface SocketTransport extends Transport {
  readonly family: number;
  readonly type: number;
  bind(address: Address): void;
  listen(backlog: number): void;
  accept(): [Socket, AddressInfo];
  connectEx(address: Address): number;
  getpeername(): AddressInfo;
  setsockopt(level: number, name: number, value: number | Uint8Array): void;
}

/** Transports that channels have taken, so that one that none took can be closed. */
export const taken = new WeakSet<Transport>();

/** Throws if `sock` cannot serve as a channel's socket. */
export function checkTransport(sock: unknown): void {
  if (typeof sock === 'object' && sock !== null && 'fileno' in sock && typeof sock.fileno === 'function') return;
  throw invalidType('sock', 'a Socket or an object with its methods', sock);
}

export function isSocket(transport: Transport): transport is SocketTransport {
  return 'connectEx' in transport;
}

/** Whether each send is a message that must arrive as it is: on sockets that are no streams. */
export function hasMessages(transport: Transport): boolean {
  return isSocket(transport) && transport.type !== SOCK_STREAM;
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
export function socketOf(channel: Holder, call: string): SocketTransport {
  const transport = transportOf(channel);
  if (isSocket(transport)) return transport;
  throw new CodedError('ERR_NOT_A_SOCKET', `The channel's file cannot ${call}: it is not a socket`);
}
