// The part of a dispatcher that the loop and the map see: its place, its state, what it wants to be
// waited for, and what it writes to the log.
import { inspect } from 'node:util';
import type { Address, AddressInfo } from '../descriptors/address.ts';
import { type ChannelMap, checkMap, socketMap } from '../reactor/channel.ts';
import {
  type Announcer,
  type Announcing,
  announcePredicates,
  announcer,
  pollableFrom,
  touch,
} from '../reactor/interest.ts';
import { integer } from '../system/arguments.ts';
import { CodedError, invalidType } from '../system/errors.ts';
import { checkTransport, isSocket, type SocketTransport, type Transport } from './transport.ts';

/** What every channel ignores that does not say otherwise. */
const IGNORED: ReadonlySet<string> = new Set(['warning']);

/** Whether close() was called and no socket was taken since. */
export const closed = Symbol('closed');

/** Transports that a channel has taken, so that one that nobody took can be closed. */
export const taken = new WeakSet<Transport>();

/** A message of any kind as text: not every object can be made a string. */
function textOf(message: unknown): string {
  try {
    return String(message);
  } catch {
    return inspect(message);
  }
}

let mapOf: (channel: ChannelBase<Transport>) => ChannelMap;

export abstract class ChannelBase<T extends Transport> implements Announcing {
  /** The socket, null before there is one. It stays after close(). */
  socket: T | null = null;
  /** The peer's address, or the one that bind() was given. */
  addr: Address | AddressInfo | null = null;
  /** With true, DispatcherWithSend logs what it sends. */
  debug = false;
  /** Never set by the library. */
  closing = false;
  /** The types of messages that logInfo() passes over. */
  ignoreLogTypes: ReadonlySet<string> = IGNORED;

  [announcer]: Announcer | undefined = undefined;
  [closed] = false;
  readonly #map: ChannelMap;
  #fd = -1;
  #connected = false;
  #accepting = false;
  #connecting = false;

  static {
    mapOf = (channel) => channel.#map;
  }

  constructor(map: ChannelMap = socketMap) {
    checkMap(map);
    this.#map = map;
  }

  abstract [pollableFrom](): number;
  abstract handleReadEvent(): unknown;
  abstract handleWriteEvent(): unknown;
  abstract handleExptEvent(): unknown;
  abstract handleError(error: unknown): unknown;
  abstract handleConnect(): unknown;
  abstract handleClose(): unknown;
  abstract close(): void;

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
    // A socket that was closed without its channel has lost its number, perhaps to another channel.
    if (map.get(this.#fd) === this || this.socket?.fileno() === this.#fd) map.delete(this.#fd);
    this.#fd = -1;
  }

  /** Takes a socket as it is and enters the map; the one before is neither closed nor left. */
  setSocket(sock: T, map?: ChannelMap): void {
    checkTransport(sock);
    if (map !== undefined) checkMap(map);
    const fd = integer(sock.fileno(), 'sock.fileno()');
    this.socket = sock;
    this.#fd = fd;
    this[closed] = false;
    taken.add(sock);
    this.addChannel(map);
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

  /** Writes a line to standard error. */
  log(message: unknown): void {
    process.stderr.write(`log: ${textOf(message)}\n`);
  }

  /** Writes a line to standard output unless `type` is to be ignored. */
  logInfo(message: unknown, type = 'info'): void {
    if (typeof type !== 'string') throw invalidType('type', 'of type string', type);
    if (!this.ignoreLogTypes.has(type)) process.stdout.write(`${type}: ${textOf(message)}\n`);
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
}

announcePredicates(ChannelBase.prototype);

/** The channel's socket; it must have one. */
export function transportOf<T extends Transport>(channel: ChannelBase<T>): T {
  if (channel.socket !== null) return channel.socket;
  throw new CodedError('ERR_NO_SOCKET', 'The channel has no socket: call createSocket() or setSocket() first');
}

/** The channel's socket for a call that files do not have. */
export function socketOf(channel: ChannelBase<Transport>, call: string): SocketTransport {
  const transport = transportOf(channel);
  if (isSocket(transport)) return transport;
  throw new CodedError('ERR_NOT_A_SOCKET', `The channel's file cannot ${call}: it is not a socket`);
}

export { mapOf };
