// What a channel offers of its socket's datagrams and addresses.
import type { Address, AddressInfo } from '../descriptors/address.ts';
import type { Data } from '../system/arguments.ts';
import { recvfrom, recvfromInto, sendto } from './datagrams.ts';
import type { Dispatcher } from './dispatcher.ts';
import { addressOf, socketOf, type Transport } from './transport.ts';

/** The calls of a Dispatcher that concern datagrams and addresses. */
export abstract class SocketCalls<T extends Transport> {
  abstract readonly socket: T | null;

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
  sendto(this: Dispatcher<Transport>, data: Data, address: Address): number {
    return sendto(this, data, address);
  }

  /**
   * Receives a datagram of up to `size` bytes (what is longer is cut) and its sender's address. Throws
   * EAGAIN if there is nothing to read now. On a stream, as recv().
   */
  recvfrom(this: Dispatcher<Transport>, size: number): [Buffer, AddressInfo] {
    return recvfrom(this, size);
  }

  /** Like recvfrom(), but into the caller's view; the number of bytes comes first. */
  recvfromInto(this: Dispatcher<Transport>, view: ArrayBufferView): [number, AddressInfo] {
    return recvfromInto(this, view);
  }
}
