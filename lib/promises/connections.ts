// The connections of a listener as something to loop over with `for await`.
import { Buffer } from 'node:buffer';
import type { AddressInfo } from '../descriptors/address.ts';
import type { Socket } from '../descriptors/socket.ts';
import { PASSED_OVER } from '../dispatchers/accepting.ts';
import { Dispatcher } from '../dispatchers/dispatcher.ts';
import { isMade } from './attempt.ts';
import { Iteration } from './iteration.ts';
import type { IterationOptions } from './reading.ts';

/** @inline */
type Connection<A extends AddressInfo = AddressInfo> = [socket: Socket<A>, address: A];

class Connections extends Iteration<Connection> {
  readonly #listener: Socket | Dispatcher;

  constructor(listener: Socket | Dispatcher, options: IterationOptions) {
    super(listener, options);
    this.#listener = listener;
  }

  protected override async *steps(): AsyncGenerator<Connection, void, undefined> {
    const listener = this.#listener;
    const reading = this.open();
    let found: Connection | null = null;
    const accept = (): boolean => {
      if (listener instanceof Dispatcher) found = listener.accept();
      else isMade(() => (found = listener.accept()), PASSED_OVER);
      return found !== null;
    };
    try {
      while (!reading.isOver) {
        await reading.until(accept);
        const connection: Connection | null = found;
        found = null;
        if (connection !== null) yield connection;
      }
    } finally {
      reading.leave(false, Buffer.alloc(0));
    }
  }
}

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
export function connections<A extends AddressInfo>(
  listener: Socket<A> | Dispatcher<Socket<A>>,
  options?: IterationOptions,
): Iteration<Connection<A>>;
export function connections(listener: Socket | Dispatcher, options: IterationOptions = {}): Iteration<Connection> {
  return new Connections(listener, options);
}
