// Sockets that are connected to each other.
import { constants } from 'node:os';
import { selectSync } from '../../lib/select.ts';
import { SO_LINGER, SOL_SOCKET, Socket } from '../../lib/socket.ts';
import type { Family } from './matrix.ts';

/** A stream in `family`: the connecting end and the accepted end. */
export function connectedPair({ family, address }: Family): [client: Socket, served: Socket] {
  const listener = listening({ family, address });
  const client = new Socket(family);
  client.connectEx(listener.getsockname());
  selectSync([listener], [], [], 1);
  const [served] = listener.accept();
  listener.close();
  selectSync([], [client], [], 1);
  return [client, served];
}

/** A socket that listens on a new address. */
export function listening({ family, address }: Pick<Family, 'family' | 'address'>, backlog = 100): Socket {
  const listener = new Socket(family);
  listener.bind(address());
  listener.listen(backlog);
  return listener;
}

/** Closes `sock` so that its peer gets a reset. */
export function reset(sock: Socket): void {
  sock.setsockopt(SOL_SOCKET, SO_LINGER, new Uint8Array(Int32Array.of(1, 0).buffer));
  sock.close();
}

/** Sends until the system takes no more, and returns the number of bytes. */
export function fill(sock: Socket): number {
  const piece = Buffer.alloc(65536);
  let sent = 0;
  for (;;) {
    try {
      sent += sock.send(piece);
    } catch (error) {
      if (error instanceof Error && 'errno' in error && error.errno === -constants.errno.EAGAIN) return sent;
      throw error;
    }
  }
}
