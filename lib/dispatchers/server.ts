// createServer(): a listening channel in one call, which hands each connection to a function.
import { isIP } from 'node:net';
import { types } from 'node:util';
import {
  type Address,
  type AddressInfo,
  type InetAddress,
  type InetAddressInfo,
  isInet,
  type UnixAddressInfo,
} from '../descriptors/address.ts';
import { BACKLOG, type Socket } from '../descriptors/socket.ts';
import type { ChannelMap } from '../reactor/channel.ts';
import { isThenable, ONCE } from '../reactor/guard.ts';
import { call } from '../reactor/outside.ts';
import { bare, boolean, integer } from '../system/arguments.ts';
import { AF_INET, AF_INET6, AF_UNIX } from '../system/constants.ts';
import { invalidType, systemCode } from '../system/errors.ts';
import { nameOf } from '../system/text.ts';
import { refuseIfRejected } from './accepting.ts';
import { Dispatcher } from './dispatcher.ts';
import { notClosing } from './error_lines.ts';
import { describeError } from './traceback.ts';
import { removeStale, UnixPath } from './unix_path.ts';

/** How createServer() listens. */
export interface ServerOptions {
  /** `AF_*`. By default, that of the address: IPv6 or IPv4 by its host, UNIX if it is a path. */
  family?: number;
  /** How many connections may wait to be accepted. Default 128. */
  backlog?: number;
  /** Whether other sockets may listen on the address too, and share its connections (SO_REUSEPORT). */
  reusePort?: boolean;
  /** Whether an IPv6 server leaves IPv4 alone. Default: as the system has it. */
  v6Only?: boolean;
  /** The rights of a UNIX path (`0o600`), set before anybody can connect. Default: by the umask. */
  mode?: number;
  /** Whether a socket at the UNIX path that refuses connections, left by a server that is gone, is removed first. */
  unlink?: boolean;
  /** The map of the listening channel. Default `socketMap`. */
  map?: ChannelMap;
}

/** Called with each connection. If it is async, the next one does not wait for it. */
export type ConnectionListener<A extends AddressInfo = AddressInfo> = (socket: Socket<A>, address: A) => unknown;

/** Written as a method, so that a listener for the addresses of one family passes: those are all that it gets. */
type AnyListener = { listen(socket: Socket, address: AddressInfo): unknown }['listen'];

/** The family of an address. */
export function familyOf(address: unknown): number {
  if (typeof address === 'string' || types.isUint8Array(address)) return AF_UNIX;
  return Array.isArray(address) && typeof address[0] === 'string' && isIP(address[0]) === 6 ? AF_INET6 : AF_INET;
}

/**
 * A listening channel that createServer() has made. What its listener throws or rejects with is logged on
 * one line (assign handleError() to do otherwise); that connection is closed, and the server goes on.
 */
export class Server extends Dispatcher {
  /** The listening socket. It is kept after close(). */
  declare socket: Socket;
  readonly #listener: ConnectionListener;
  #path: UnixPath | undefined;
  /** What accept() threw last: nothing can be accepted any more. */
  #end: { readonly error: unknown } | undefined;

  /** Listens at `address`; createServer() does the same. */
  constructor(address: Address, options: ServerOptions, listener: ConnectionListener) {
    const { family = familyOf(address), backlog = BACKLOG, map, mode, ...wishes } = bare(options);
    if (typeof listener !== 'function') throw invalidType('listener', 'of type function', listener);
    if (mode !== undefined) integer(mode, 'options.mode', 0, 0o777);
    for (const name of ['reusePort', 'v6Only', 'unlink'] as const) {
      if (wishes[name] !== undefined) boolean(wishes[name], `options.${name}`);
    }
    super(null, map);
    this.#listener = listener;
    this.createSocket(family);
    try {
      if (isInet(family)) this.setReuseAddr();
      if (wishes.reusePort) this.socket.setReusePort();
      if (wishes.v6Only !== undefined) this.socket.setV6Only(wishes.v6Only);
      this.#bind(address, family, wishes.unlink === true);
      if (mode !== undefined) this.#path?.setMode(mode);
      this.listen(backlog);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  #bind(address: Address, family: number, removes: boolean): void {
    const isPath = family === AF_UNIX && (typeof address === 'string' || types.isUint8Array(address));
    try {
      this.bind(address);
    } catch (error) {
      if (!removes || !isPath || systemCode(error) !== 'EADDRINUSE' || !removeStale(address)) throw error;
      this.bind(address);
    }
    if (isPath) this.#path = new UnixPath(address);
  }

  override writable(): boolean {
    return false;
  }

  override accept(): [Socket, AddressInfo] | null {
    try {
      return super.accept();
    } catch (error) {
      this.#end = { error };
      throw error;
    }
  }

  override handleAccepted(sock: Socket, address: AddressInfo): unknown {
    const listener = this.#listener;
    const result = listener(sock, address);
    // Not returned: that would hold back the next connection.
    if (isThenable(result)) call(this, ONCE, () => refuseIfRejected(sock, result));
    return undefined;
  }

  override handleError(error: unknown): unknown {
    if (this.#end !== undefined && error === this.#end.error) return super.handleError(error);
    notClosing.write(this, () => ` ${nameOf(this)} (${describeError(error)})`);
    return undefined;
  }

  /** Also removes the UNIX path, if it still is the one that the server made. */
  override close(): void {
    this.#path?.remove();
    this.#path = undefined;
    super.close();
  }
}

/** A Server at `[host, port]`, which its getsockname() returns. */
export interface InetServer extends Server {
  /** The listening socket. It is kept after close(). */
  socket: Socket<InetAddressInfo>;
  /** The address, with the port that it got. */
  getsockname(): InetAddressInfo;
}

/** A Server at a path, which its getsockname() returns. */
export interface UnixServer extends Server {
  /** The listening socket. It is kept after close(). */
  socket: Socket<UnixAddressInfo>;
  /** The path. */
  getsockname(): UnixAddressInfo;
}

/**
 * Listens at `address` and calls `listener` with each connection. Returns the listening channel: its
 * `getsockname()` tells the port, its `map` is for what it accepts, and `close()` ends it. Connections
 * come as long as a loop() serves its map.
 *
 * Errors: those of socket(2), setsockopt(2), bind(2), listen(2), and of chmod(2) for `mode`.
 *
 * @example
 * createServer(['127.0.0.1', 0], {}, (connection) => {
 *   connection.send('hello');
 *   connection.close();
 * });
 * await loop();
 */
export function createServer(address: InetAddress, listener: ConnectionListener<InetAddressInfo>): InetServer;
export function createServer(
  address: InetAddress,
  options: ServerOptions,
  listener: ConnectionListener<InetAddressInfo>,
): InetServer;
export function createServer(address: string | Uint8Array, listener: ConnectionListener<UnixAddressInfo>): UnixServer;
export function createServer(
  address: string | Uint8Array,
  options: ServerOptions,
  listener: ConnectionListener<UnixAddressInfo>,
): UnixServer;
export function createServer(address: Address, listener: ConnectionListener): Server;
export function createServer(address: Address, options: ServerOptions, listener: ConnectionListener): Server;
export function createServer(address: Address, options: ServerOptions | AnyListener, listener?: AnyListener): Server {
  if (typeof options === 'function') return new Server(address, {}, options);
  if (typeof options !== 'object' || options === null) throw invalidType('options', 'of type object', options);
  if (listener === undefined) throw invalidType('listener', 'of type function', listener);
  return new Server(address, options, listener);
}
