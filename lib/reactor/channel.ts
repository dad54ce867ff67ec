// What the loop asks of a channel, and how a map of channels is heard when it changes.
import { types } from 'node:util';
import { invalidType } from '../system/errors.ts';

/**
 * Anything that can stand in a channel map: a Dispatcher, or an object of your own with these
 * methods. A handler may return a promise; its rejection goes to handleError.
 */
export interface Channel {
  /** Whether the channel wants to be told of input. Asked once in every pass. */
  readable(): unknown;
  /** Whether the channel wants to be told that it can send. Asked after readable(). */
  writable(): unknown;
  /** Whether it listens: it is then never waited for to become writable. */
  accepting: boolean;
  handleReadEvent(): unknown;
  handleWriteEvent(): unknown;
  handleExptEvent(): unknown;
  handleClose(): unknown;
  handleError(error: unknown): unknown;
  close(): unknown;
}

/** Channels by descriptor number. */
export type ChannelMap = Map<number, Channel>;

/** The map that is used where none is given: asyncore's `socket_map`. */
export const socketMap: ChannelMap = new Map();

/** Throws when `map` is not one: a proxy of a map, say, which has none of its methods. */
export function checkMap(map: unknown): void {
  if (!types.isMap(map)) throw invalidType('map', 'an instance of Map', map);
}

/** Hears what becomes of a map's entries, before the caller goes on. */
export interface MapListener {
  onSet(fd: number, channel: Channel): void;
  onDelete(fd: number): void;
  onClear(): void;
}

/**
 * Tells `listener` of every change of `map`. The methods are replaced on this one map: users fill
 * maps of their own, and walking all of it in every pass to find what changed would cost more than
 * the pass.
 */
export function listen(map: ChannelMap, listener: MapListener): void {
  const { set, delete: remove, clear } = map;
  const replace = (name: string, value: unknown) =>
    Object.defineProperty(map, name, { value, writable: true, configurable: true, enumerable: false });
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
