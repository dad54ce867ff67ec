// close_all() of asyncore.

import { ExitNow, invalidType, systemCode } from '../system/errors.ts';
import { type ChannelMap, checkMap, socketMap } from './channel.ts';

/**
 * Closes every channel of `map` through its close() and empties the map. handleClose is not called.
 *
 * `EBADF` is always passed over, other errors with `ignoreAll`; else the error leaves, the channels
 * behind it stay open and the map stays as it is. ExitNow always leaves.
 */
export function closeAll(map: ChannelMap = socketMap, ignoreAll = false): void {
  checkMap(map);
  if (typeof ignoreAll !== 'boolean') throw invalidType('ignoreAll', 'of type boolean', ignoreAll);
  for (const channel of [...map.values()]) {
    try {
      channel.close();
    } catch (error) {
      if (error instanceof ExitNow) throw error;
      if (!ignoreAll && systemCode(error) !== 'EBADF') throw error;
    }
  }
  map.clear();
}
