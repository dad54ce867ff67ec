// How the two sides of a connection end, each on its own: the peer's when recv() gives nothing any
// more, ours with shutdown(). When both have ended, the channel is told to close.
import { Socket } from '../descriptors/socket.ts';
import { ENDED, EOF, isThenable } from '../reactor/guard.ts';
import { hold } from '../reactor/held.ts';
import { type BuiltInChannel, closed, ended, PEER_ENDED, SELF_ENDED } from '../reactor/interest.ts';
import { call, callClosing } from '../reactor/outside.ts';
import { SHUT_RDWR, SHUT_WR } from '../system/constants.ts';
import { socketOf, type Transport } from './transport.ts';

interface Ending extends BuiltInChannel {
  [ended]: number;
  readonly socket: Transport | null;
  handleEof(): unknown;
}

let builtIn: unknown;

/** Says which handleEof() is the library's own, which only closes. */
export function declareHandleEof(handleEof: () => unknown): void {
  builtIn = handleEof;
}

/** The peer has ended its side: asks for no more input, unless the channel closes at the end anyway. */
export function receiveEnd(channel: Ending): void {
  if (channel.handleEof === builtIn) {
    callClosing(channel);
    return;
  }
  if (channel[ended] & PEER_ENDED) return;
  channel[ended] |= PEER_ENDED;
  hold(channel, ENDED);
  // Not held back like a close: what is left to be sent goes on.
  call(channel, EOF, () => {
    const result = channel.handleEof();
    if (isThenable(result)) return closeAfter(channel, result);
    closeIfBothEnded(channel);
    return undefined;
  });
}

/** poll(2) says no more than "hung up" at the end of a pipe's input; of a socket, that it is gone. */
export function hangUp(channel: Ending): unknown {
  if (channel.handleEof === builtIn || channel[ended] & PEER_ENDED || channel.socket instanceof Socket) {
    return channel.handleClose();
  }
  receiveEnd(channel);
  return undefined;
}

/** shutdown(2) of the channel's socket. */
export function shutdown(channel: Ending, how: number): void {
  socketOf(channel, 'shutdown').shutdown(how);
  if (how !== SHUT_WR && how !== SHUT_RDWR) return;
  channel[ended] |= SELF_ENDED;
  closeIfBothEnded(channel);
}

async function closeAfter(channel: Ending, result: PromiseLike<unknown>): Promise<void> {
  await result;
  closeIfBothEnded(channel);
}

function closeIfBothEnded(channel: Ending): void {
  if (!channel[closed] && channel[ended] === (PEER_ENDED | SELF_ENDED)) callClosing(channel);
}
