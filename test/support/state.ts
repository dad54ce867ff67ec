// The public state of channels and sockets, to compare before and after a call that is refused.
import {
  AsyncChat,
  type ChannelMap,
  type Dispatcher,
  DispatcherWithSend,
  FileWrapper,
  type Transport,
} from '../../lib/index.ts';
import { closed } from '../../lib/reactor/interest.ts';
import { SO_ACCEPTCONN, SOL_SOCKET, Socket } from '../../lib/socket.ts';

/** What is wrong at run time only. */
export function wrong<T>(value: unknown): T {
  return JSON.parse(JSON.stringify({ value })).value;
}

function attempt(call: () => unknown): unknown {
  try {
    return call();
  } catch (error) {
    return String(error);
  }
}

/** What can be seen of a socket or a file from outside. */
export function socketState(sock: unknown): unknown {
  if (sock instanceof FileWrapper) return ['file', sock.fd];
  if (!(sock instanceof Socket)) return sock;
  const { family, type } = sock;
  const name = attempt(() => sock.getsockname());
  const peer = attempt(() => sock.getpeername());
  const listening = attempt(() => sock.getsockopt(SOL_SOCKET, SO_ACCEPTCONN));
  return { family, type, fd: sock.fileno(), name, peer, listening, blocking: attempt(() => sock.getBlocking()) };
}

/** What can be seen of a channel and its map from outside. */
export function channelState(channel: Dispatcher<Transport>, map: ChannelMap): unknown {
  const { socket, addr, connected, accepting, connecting, closing, debug, ignoreLogTypes, familyAndType } = channel;
  const state: Record<string, unknown> = {
    ...{ socket, addr, connected, accepting, connecting, closing, debug, ignoreLogTypes, familyAndType },
    fd: channel.fileno(),
    closed: channel[closed],
    readable: channel.readable(),
    writable: channel.writable(),
    map: [...map],
    ofSocket: socketState(socket),
  };
  if (channel instanceof DispatcherWithSend) {
    state['queue'] = [channel.outBuffer.length, channel.isFull, channel.highWaterMark];
  } else if (channel instanceof AsyncChat) {
    const { acInBufferSize, acOutBufferSize, useEncoding, encoding, incoming, terminator, producerFifo } = channel;
    state['chat'] = { acInBufferSize, acOutBufferSize, useEncoding, encoding, incoming: [...incoming], terminator };
    state['queue'] = [[...producerFifo], producerFifo.length, producerFifo.size, channel.acInBuffer.toString()];
  }
  return state;
}
