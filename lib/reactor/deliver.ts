// Calls into a channel from outside the loop's own passes.
import type { Channel, ChannelMap } from './channel.ts';
import { fault } from './guard.ts';
import { Members } from './registry.ts';

/**
 * Runs `step` as a handler of `channel`. What leaves its guard ends the loop on `map`, or, where
 * none runs, is thrown.
 */
export function deliver(map: ChannelMap, channel: Channel, step: () => void): void {
  try {
    try {
      step();
    } catch (error) {
      fault(channel, error);
    }
  } catch (error) {
    const { interrupt } = Members.of(map);
    if (interrupt === undefined) throw error;
    interrupt(error);
  }
}
