// Whose a descriptor's number is, when somebody has closed the descriptor behind its channel's back.
import type { Channel } from '../reactor/channel.ts';
import { isBuiltInChannel } from '../reactor/interest.ts';
import type { Dispatcher } from './dispatcher.ts';
import type { Transport } from './transport.ts';

/** Whether the channel's number is that of another channel by now: the one that the map has there. */
export function hasLostNumber(channel: Dispatcher<Transport>, there: Channel | undefined): boolean {
  if (there === channel) return false;
  const fd = channel.fileno();
  if (channel.socket?.fileno() !== fd) return true;
  return there !== undefined && isBuiltInChannel(there) && 'socket' in there && there.socket !== channel.socket;
}
