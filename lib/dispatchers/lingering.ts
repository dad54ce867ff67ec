// A close that costs the peer nothing: a socket that is closed with unread input resets the
// connection, and what was sent last may be lost with it. So our side is ended, and what still comes is
// thrown away until the peer's end, up to a limit.
import { inspect } from 'node:util';
import { reprOfFile } from '../descriptors/repr.ts';
import type { ChannelMap } from '../reactor/channel.ts';
import {
  type BuiltInChannel,
  closed,
  declareBuiltIn,
  ended,
  held,
  hungUp,
  leaveMaps,
  life,
  registration,
  resting,
  timed,
  unreferenced,
} from '../reactor/interest.ts';
import type { Registration } from '../reactor/registration.ts';
import { Registry } from '../reactor/registry.ts';
import type { Timer, Timers } from '../reactor/timers.ts';
import { bare, integer, seconds } from '../system/arguments.ts';
import { now } from '../system/clock.ts';
import { SHUT_WR } from '../system/constants.ts';
import { isDisconnect, NOT_NOW, systemCode } from '../system/errors.ts';
import { socketOf, type Transport } from './transport.ts';

/** How much of the peer's input is thrown away, and for how long. */
export interface LingeringOptions {
  /** Seconds. Default 5. */
  timeout?: number | null;
  /** Bytes. Default 16 MiB. */
  most?: number;
}

/** Bytes, per event. */
const PIECE = 1 << 16;

/** Takes the place of a channel that has closed. */
class Lingering implements BuiltInChannel, Timer {
  readonly [closed] = false;
  readonly [ended] = 0;
  [held] = 0;
  readonly [life] = 0;
  readonly [timed] = undefined;
  readonly [unreferenced] = false;
  [registration]: Registration | undefined = undefined;
  readonly accepting = false;
  time = Infinity;
  index = -1;
  readonly #transport: Transport;
  readonly #timers: Timers;
  #left: number;

  constructor(transport: Transport, map: ChannelMap, timeout: number, most: number) {
    this.#transport = transport;
    this.#left = most;
    const registry = Registry.of(map);
    this.#timers = registry.timers;
    registry.map.set(transport.fileno(), this);
    if (timeout < Infinity) this.#timers.set(this, now() + timeout);
  }

  [resting](): number {
    return 0;
  }

  [hungUp](): void {
    this.close();
  }

  readable(): boolean {
    return true;
  }

  writable(): boolean {
    return false;
  }

  fire(): void {
    this.close();
  }

  handleReadEvent(): void {
    try {
      const { length } = this.#transport.recv(PIECE);
      this.#left -= length;
      if (length > 0 && this.#left > 0) return;
    } catch (error) {
      const code = systemCode(error);
      if (code !== undefined && NOT_NOW.has(code)) return;
    }
    this.close();
  }

  handleWriteEvent(): void {}

  /** An urgent byte: it is passed over by the input behind it, or by the end. */
  handleExptEvent(): void {}

  handleClose(): void {
    this.close();
  }

  handleError(): void {
    this.close();
  }

  close(): void {
    this.#timers.delete(this);
    leaveMaps(this);
    this.#transport.close();
  }

  fileno(): number {
    return this.#transport.fileno();
  }

  toString(): string {
    return reprOfFile(this);
  }

  [inspect.custom](): string {
    return this.toString();
  }
}

declareBuiltIn(Lingering.prototype);

/** Sockets whose close() is to linger, and what begins it. */
const lingering = new WeakMap<Transport, () => void>();

interface Closing {
  readonly socket: Transport | null;
  close(): void;
}

/** Closes the channel now, and its socket when the peer has ended its side. */
export function closeLingering(channel: Closing, map: ChannelMap, options: LingeringOptions = {}): void {
  const { timeout = 5, most = 1 << 24 } = bare(options);
  const limit = seconds(timeout, 'timeout');
  integer(most, 'most', 0, Number.MAX_SAFE_INTEGER);
  const { socket } = channel;
  if (socket !== null && endOurSide(socket)) {
    lingering.set(socket, () => new Lingering(socket, map, limit, most));
  }
  channel.close();
}

/** Whether the socket has a peer that can still read. */
function endOurSide(socket: Transport): boolean {
  if (!('shutdown' in socket)) return false;
  try {
    socketOf({ socket }, 'shutdown').shutdown(SHUT_WR);
    return true;
  } catch (error) {
    if (!isDisconnect(error)) throw error;
    return false;
  }
}

/** Closes the socket of a channel that has left its maps, or lets it linger. */
export function closeTransport(transport: Transport): void {
  const begin = lingering.get(transport);
  lingering.delete(transport);
  try {
    if (begin === undefined) transport.close();
    else begin();
  } catch (error) {
    const code = systemCode(error);
    if (code !== 'ENOTCONN' && code !== 'EBADF') throw error;
  }
}
