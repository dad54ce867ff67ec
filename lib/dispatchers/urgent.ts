// What the default handleExpt() does about an exceptional condition, which would otherwise be
// reported in every pass for as long as the peer likes: it takes the urgent byte. What cannot be
// taken in this way is passed over until the channel has read something.
import { Socket } from '../descriptors/socket.ts';
import { OVERLOOKED } from '../reactor/guard.ts';
import { hold, release } from '../reactor/held.ts';
import { type BuiltInChannel, held } from '../reactor/interest.ts';
import { selectSync } from '../reactor/select.ts';
import { MSG_OOB, SO_OOBINLINE, SOCK_STREAM, SOL_SOCKET } from '../system/constants.ts';
import { systemCode } from '../system/errors.ts';
import type { Transport } from './transport.ts';

interface Urgent extends BuiltInChannel {
  fileno(): number;
  readonly socket: Transport | null;
}

/** Takes the urgent byte, or passes over what it cannot take. */
export function passOverUrgent(channel: Urgent): void {
  if (takeByte(channel.socket) || !stands(channel)) return;
  hold(channel, OVERLOOKED);
}

/** Whether there is no urgent byte any more. */
function takeByte(socket: Transport | null): boolean {
  // Other transports may know no flags, and a datagram would be taken as if it were urgent.
  if (!(socket instanceof Socket) || socket.type !== SOCK_STREAM) return false;
  try {
    // Then it lies between the other bytes.
    if (socket.getsockopt(SOL_SOCKET, SO_OOBINLINE) !== 0) return false;
    socket.recv(1, MSG_OOB);
  } catch (error) {
    // It has not arrived yet, or somebody has taken it.
    if (systemCode(error) === undefined) throw error;
  }
  return true;
}

/** Whether it would be reported again at once; reading may have taken it away. */
function stands(channel: Urgent): boolean {
  try {
    return selectSync([], [], [channel], 0)[2].length > 0;
  } catch {
    // It is closed.
    return false;
  }
}

/** The channel has read: what was passed over may be gone, and something else may have come. */
export function listenAgain(channel: BuiltInChannel): void {
  if (channel[held] & OVERLOOKED) release(channel, OVERLOOKED);
}
