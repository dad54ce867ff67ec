// createConnection(): a connected socket in one call, which waits in a loop on a map of its own.
import { promises as dns } from 'node:dns';
import { constants } from 'node:os';
import {
  type Address,
  type InetAddress,
  type InetAddressInfo,
  needsLookup,
  shown,
  type UnixAddressInfo,
} from '../descriptors/address.ts';
import type { Socket } from '../descriptors/socket.ts';
import type { ChannelMap } from '../reactor/channel.ts';
import { loop } from '../reactor/loop.ts';
import { checkSignal, reasonOf, stopListening } from '../system/abort.ts';
import { bare, seconds } from '../system/arguments.ts';
import { AF_INET, AF_INET6 } from '../system/constants.ts';
import { ENOENT, invalidType, SystemError, systemError } from '../system/errors.ts';
import { NativePromise } from '../system/later.ts';
import { clearTimeout, setTimeout } from '../system/timers.ts';
import { Dispatcher } from './dispatcher.ts';
import { familyOf } from './server.ts';

const { ECANCELED, ETIMEDOUT } = constants.errno;
/** The most that a timer of Node's can wait, in milliseconds. */
const LONGEST = 2 ** 31 - 1;

/** How createConnection() connects. */
export interface ConnectionOptions {
  /** `AF_*`. By default, that of the address; of a host name, whatever it has. */
  family?: number;
  /** The address to connect from. */
  localAddress?: Address;
  /** In seconds; then it fails with `ETIMEDOUT`. By default, as long as the system takes. */
  timeout?: number | null;
  /** Gives up, with the signal's reason. */
  signal?: AbortSignal;
}

/** Leaves its map as soon as it knows the outcome. */
class Connector extends Dispatcher {
  error: unknown;

  override readable(): boolean {
    return false;
  }

  override handleConnect(): void {
    this.delChannel();
  }

  override handleError(error: unknown): void {
    this.error = error;
    this.delChannel();
  }

  override handleClose(): void {
    this.handleError(new SystemError(-ECANCELED, 'connect'));
  }
}

async function connectTo(address: Address, family: number, from: Address | undefined, signal: AbortSignal) {
  const map: ChannelMap = new Map();
  const connector = new Connector(null, map);
  try {
    connector.createSocket(family);
    if (from !== undefined) connector.bind(from);
    connector.connect(address);
    await loop({ map, signal, backend: 'poll' });
    if (connector.error !== undefined) throw connector.error;
    const { socket } = connector;
    if (socket === null) throw systemError(-ECANCELED, 'connect');
    return socket;
  } catch (error) {
    connector.close();
    throw error;
  }
}

/** Rejects when the signal is aborted, whatever becomes of the promise. */
function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new NativePromise((settle, reject) => {
    const abort = () => reject(signal.reason);
    signal.addEventListener('abort', abort);
    promise.then(settle, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

/** The addresses of a host name. */
async function resolved(address: InetAddress, family: number | undefined, signal: AbortSignal): Promise<Address[]> {
  const [host, port, flow = 0, scope = 0] = address;
  const version = family === AF_INET ? 4 : family === AF_INET6 ? 6 : 0;
  const found = await abortable(dns.lookup(host, bare({ all: true as const, family: version })), signal);
  return found.map((each) => [each.address, port, flow, scope]);
}

async function connect(address: Address, options: ConnectionOptions, signal: AbortSignal): Promise<Socket> {
  const { family, localAddress } = bare(options);
  const all = needsLookup(address) ? await resolved(address, family, signal) : [address];
  let error: unknown = systemError(ENOENT, 'connect', shown(address));
  for (const each of all) {
    try {
      return await connectTo(each, family ?? familyOf(each), localAddress, signal);
    } catch (reason) {
      if (signal.aborted) throw signal.reason;
      error = reason;
    }
  }
  throw error;
}

/**
 * Connects to `address` and resolves with the socket, for a channel of yours to take. The addresses of
 * a host name are tried one after the other. No other loop() is needed.
 *
 * Errors: those of the last address that was tried; `ETIMEDOUT` after `timeout`; the reason of `signal`.
 *
 * @example
 * const connection = await createConnection(['example.org', 25], { timeout: 10 });
 */
export function createConnection(address: InetAddress, options?: ConnectionOptions): Promise<Socket<InetAddressInfo>>;
export function createConnection(
  address: string | Uint8Array,
  options?: ConnectionOptions,
): Promise<Socket<UnixAddressInfo>>;
export function createConnection(address: Address, options?: ConnectionOptions): Promise<Socket>;
export async function createConnection(address: Address, options: ConnectionOptions = {}): Promise<Socket> {
  if (typeof options !== 'object' || options === null) throw invalidType('options', 'of type object', options);
  const { timeout, signal } = bare(options);
  const time = seconds(timeout, 'options.timeout');
  if (signal !== undefined) checkSignal(signal, 'options.signal');
  if (signal?.aborted) throw reasonOf(signal);
  const end = new AbortController();
  const abort = () => end.abort(reasonOf(signal));
  signal?.addEventListener('abort', abort);
  const late = () => end.abort(new SystemError(-ETIMEDOUT, 'connect', shown(address)));
  const timer = time === Infinity ? undefined : setTimeout(late, Math.min(Math.ceil(1000 * time), LONGEST));
  try {
    return await connect(address, options, end.signal);
  } finally {
    clearTimeout(timer);
    stopListening(signal, abort);
  }
}
