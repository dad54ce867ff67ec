// The connections of a listener as something to loop over with `for await`.
import { Buffer } from 'node:buffer';
import type { AddressInfo } from '../descriptors/address.ts';
import type { Socket } from '../descriptors/socket.ts';
import { PASSED_OVER } from '../dispatchers/accepting.ts';
import { Dispatcher } from '../dispatchers/dispatcher.ts';
import { isMade } from './attempt.ts';
import { type IterationOptions, Reading } from './reading.ts';

/** @inline */
type Connection = [socket: Socket, address: AddressInfo];

/**
 * The connections of a listening socket, and their peers' addresses. Leaving the loop early closes the listener or, with
 * `keepOpen`, leaves it open. If there is no room for another connection (`EMFILE`), a Socket throws that; a channel
 * tries again until there is. See chunks().
 *
 * @example
 * for await (const [connection, address] of connections(socket)) {
 *   console.log(address);
 *   connection.close();
 * }
 */
export async function* connections(
  listener: Socket | Dispatcher<Socket>,
  options: IterationOptions = {},
): AsyncGenerator<Connection, void, undefined> {
  const reading = new Reading(listener, options);
  let found: Connection | null = null;
  const accept = (): boolean => {
    if (listener instanceof Dispatcher) found = listener.accept();
    else isMade(() => (found = listener.accept()), PASSED_OVER);
    return found !== null;
  };
  try {
    while (!reading.isClosed) {
      await reading.until(accept);
      const connection: Connection | null = found;
      found = null;
      if (connection !== null) yield connection;
    }
  } finally {
    reading.leave(false, Buffer.alloc(0));
  }
}
