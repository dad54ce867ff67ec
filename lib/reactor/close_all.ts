// close_all() of asyncore, and maps that do it by themselves.

import { bare, boolean } from '../system/arguments.ts';
import { isExitNow, systemCode } from '../system/errors.ts';
import { type ChannelMap, checkMap, socketMap } from './channel.ts';

/**
 * Calls close() on every channel in `map` and empties the map. handleClose is not called.
 *
 * `EBADF` is always ignored, and with `ignoreAll` other errors are too. Otherwise the error is
 * thrown, the remaining channels stay open and the map stays as it is. ExitNow is always thrown.
 */
export function closeAll(map: ChannelMap = socketMap, ignoreAll = false): void {
  checkMap(map);
  boolean(ignoreAll, 'ignoreAll');
  for (const channel of [...map.values()]) {
    try {
      channel.close();
    } catch (error) {
      if (isExitNow(error)) throw error;
      if (!ignoreAll && systemCode(error) !== 'EBADF') throw error;
    }
  }
  map.clear();
}

/** A new map for channels, which are closed at the end of a block: `using map = channelMap()`. See closeAll(). */
export function channelMap(): ChannelMap & Disposable {
  const map: ChannelMap = new Map();
  const closing = Object.assign(map, { [Symbol.dispose]: () => closeAll(map) });
  // It is shown as the map that it is.
  Object.defineProperty(closing, Symbol.dispose, bare({ enumerable: false }));
  return closing;
}
