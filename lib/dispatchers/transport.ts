// What a dispatcher reads from and writes to.
import type { Address, AddressInfo } from '../descriptors/address.ts';
import type { Socket } from '../descriptors/socket.ts';
import type { Data } from '../system/arguments.ts';
import { invalidType } from '../system/errors.ts';

/**
 * A Socket, a FileWrapper, or an object of your own with these methods (a TLS layer, say). Calls
 * that have nothing to do throw an error with code `EAGAIN`.
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

/** The calls that only sockets have. */
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

/** Throws when `sock` cannot be a channel's socket. */
export function checkTransport(sock: unknown): void {
  if (typeof sock === 'object' && sock !== null && 'fileno' in sock && typeof sock.fileno === 'function') return;
  throw invalidType('sock', 'a Socket or an object with its methods', sock);
}

export function isSocket(transport: Transport): transport is SocketTransport {
  return 'connectEx' in transport;
}
