// The options of loop(), and the plan of a run that they are checked and turned into.
import { checkSignal } from '../system/abort.ts';
import { bare, boolean, seconds } from '../system/arguments.ts';
import { invalidType, invalidValue, outOfRange } from '../system/errors.ts';
import { type Backend, POLL, SELECT } from '../system/native.ts';
import { type ChannelMap, socketMap } from './channel.ts';
import { Registry } from './registry.ts';

/** The options of loop() and loopSync(). */
export interface LoopOptions {
  /** The longest that one pass waits, in seconds; null or Infinity waits forever. Default 30. */
  timeout?: number | null;
  /** Wait with poll(2) instead of select(2). Default false. */
  usePoll?: boolean;
  /** The same by name; takes precedence over `usePoll`. */
  backend?: 'select' | 'poll';
  /** The channels. Default `socketMap`. */
  map?: ChannelMap;
  /** The maximum number of passes. Default: no limit; the loop runs until the map is empty. */
  count?: number;
  /** Ends the loop, which then rejects with the signal's reason. */
  signal?: AbortSignal;
  /**
   * Whether to go on while the map is empty, until `signal` or an error ends the loop. Default false.
   * Not for loopSync(), during which nothing could be added.
   */
  keepAlive?: boolean;
  /** Whether the process stays alive for the loop; unrefLoop() and refLoop() change it later. Default true. */
  ref?: boolean;
  /**
   * Whether to keep looking for events a little longer (up to 50 microseconds) before sleeping if
   * the last few waits were short. Default true.
   */
  spin?: boolean;
  /**
   * How the loop sleeps while nothing is ready: `'worker'` has a thread of its own wait and then wake this
   * one; `'inline'` has this thread wait itself, with all that Node waits for as one more descriptor. Inline
   * answers sooner and costs less while there is something to do every few milliseconds; Node counts that
   * sleep as time in which the event loop was busy. Where it cannot be had (Bun, Deno, several loops at
   * once), a worker waits. Default: the environment variable `ASYNCORE_WAIT`, or else `'worker'`.
   */
  wait?: 'worker' | 'inline';
}

/** Once this many channels are open, idle ones are parked. */
export const PARK_FROM = parkFrom(process.env['ASYNCORE_PARK_FROM']);

function parkFrom(setting: string | undefined): number {
  return setting === undefined || Number.isNaN(Number(setting)) ? 64 : Number(setting);
}

/** Whether loops sleep inline unless they say how. */
const INLINE = process.env['ASYNCORE_WAIT'] === 'inline';

/** What a run of passes needs to know. */
export interface Plan {
  registry: Registry;
  backend: Backend;
  timeout: number;
  count: number;
  signal: AbortSignal | undefined;
  spin: boolean;
  keepAlive: boolean;
  ref: boolean;
  /** Whether it serves whatever the map contains, once. */
  isSingle: boolean;
  /** Whether it sleeps on this thread. */
  inline: boolean;
}

/** The plan of loop(options). */
export function planOf(options: LoopOptions = {}): Plan {
  if (typeof options !== 'object' || options === null) throw invalidType('options', 'of type object', options);
  const {
    timeout = 30,
    usePoll = false,
    backend,
    map = socketMap,
    count = Infinity,
    signal,
    spin = true,
    keepAlive = false,
    ref = true,
    wait,
  } = bare(options);
  if (backend !== undefined && backend !== 'select' && backend !== 'poll') {
    throw invalidValue('backend', "'select' or 'poll'", backend);
  }
  if (wait !== undefined && wait !== 'worker' && wait !== 'inline') {
    throw invalidValue('wait', "'worker' or 'inline'", wait);
  }
  if (typeof count !== 'number') throw invalidType('count', 'of type number', count);
  if (Number.isNaN(count)) throw outOfRange('count', 'a number', count);
  for (const [name, value] of Object.entries({ usePoll, spin, keepAlive, ref })) boolean(value, name);
  if (signal !== undefined) checkSignal(signal, 'signal');
  return {
    registry: Registry.of(map),
    backend: (backend ?? (usePoll ? 'poll' : 'select')) === 'poll' ? POLL : SELECT,
    timeout: seconds(timeout, 'timeout'),
    count,
    signal,
    spin,
    keepAlive,
    ref,
    isSingle: false,
    inline: wait === undefined ? INLINE : wait === 'inline',
  };
}

/** The plan of poll(timeout, map) and the like: one pass. */
export function planOfPass(timeout: unknown, map: ChannelMap, backend: Backend): Plan {
  return {
    registry: Registry.of(map),
    backend,
    timeout: seconds(timeout, 'timeout'),
    count: 1,
    signal: undefined,
    spin: true,
    keepAlive: false,
    ref: true,
    isSingle: true,
    inline: INLINE,
  };
}

/** Whether there is something to serve. */
export function isServing({ registry, keepAlive, isSingle }: Plan): boolean {
  return keepAlive || (isSingle ? registry.map.size : registry.referenced) > 0;
}

/** Single passes look at everything; only a loop without a count parks. */
export function parkingOf({ count }: Plan): number {
  return count === Infinity ? PARK_FROM : Infinity;
}
