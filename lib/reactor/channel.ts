// What the loop needs from a channel, and how it learns of changes to a map of channels.
import { types } from 'node:util';
import { bare } from '../system/arguments.ts';
import { invalidType } from '../system/errors.ts';

/**
 * Anything that can be in a channel map: a Dispatcher, or your own object with these methods. A
 * handler may return a promise: the channel's next event of that kind waits until it is settled, and
 * if it rejects, the reason goes to handleError.
 */
export interface Channel {
  /** Whether the channel wants to be notified of input. Called once in every pass. */
  readable(): unknown;
  /** Whether the channel wants to be notified when it can send. Called after readable(). */
  writable(): unknown;
  /**
   * Whether to be notified of exceptional conditions, whatever the other two say. Called after writable();
   * undefined, or no such method: as asyncore does.
   */
  exceptional?(): unknown;
  /** Whether it is listening, in which case the loop never waits for it to become writable. */
  accepting: boolean;
  /** Called when there is input, its end, or a connection to accept. */
  handleReadEvent(): unknown;
  /** Called when there is room to send, or connecting is over. */
  handleWriteEvent(): unknown;
  /** Called for an exceptional condition: urgent data, `POLLPRI`. */
  handleExptEvent(): unknown;
  /** Called when the peer is gone and nothing is left to read. Should call close(). */
  handleClose(): unknown;
  /**
   * Called with what a handler or a predicate throws, or an async handler rejects with. What it
   * throws itself ends the loop.
   */
  handleError(error: unknown): unknown;
  /** Leaves the map and releases what the channel holds; closeAll() calls it. */
  close(): unknown;
}

/** Channels by descriptor number. */
export type ChannelMap = Map<number, Channel>;

/** The default map: asyncore's `socket_map`. */
export const socketMap: ChannelMap = new Map();

/** Throws if `map` is not a Map; a proxy of one, for example, does not have its methods. */
export function checkMap(map: unknown): void {
  if (!types.isMap(map)) throw invalidType('map', 'an instance of Map', map);
}

/** Throws if `channel` is nothing that could have methods. */
export function checkChannel(channel: unknown): void {
  if ((typeof channel === 'object' && channel !== null) || typeof channel === 'function') return;
  throw invalidType('channel', 'an object with the methods of a channel', channel);
}

/** Notified of changes to a map's entries before the caller continues. */
export interface MapListener {
  onSet(fd: number, channel: Channel): void;
  onDelete(fd: number): void;
  onClear(): void;
}

/**
 * Notifies `listener` of every change to `map`. This replaces the methods of that one map: users
 * bring their own maps, and walking the whole map in every pass to find changes would cost more
 * than the pass.
 */
export function listen(map: ChannelMap, listener: MapListener): void {
  const { set, delete: remove, clear } = map;
  const replace = (name: string, value: unknown) =>
    Object.defineProperty(map, name, bare({ value, writable: true, configurable: true, enumerable: false }));
  replace('set', (fd: number, channel: Channel) => {
    listener.onSet(fd, channel);
    set.call(map, fd, channel);
    return map;
  });
  replace('delete', (fd: number) => {
    listener.onDelete(fd);
    return remove.call(map, fd);
  });
  replace('clear', () => {
    listener.onClear();
    clear.call(map);
  });
}
