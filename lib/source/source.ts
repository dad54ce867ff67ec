// What a stream or an iteration reads from and writes to: a socket or file of its own, or a channel
// whose handlers it takes the place of.
import type { Transport } from '../dispatchers/transport.ts';

/** Something to read from or write to, and to be told when that is possible. */
export interface Source {
  readonly transport: Transport;
  /** What it is shown as: the channel, or the socket or file. */
  readonly shown: object;
  /** What had been received before. */
  readonly input: Buffer;
  /** Waits for `events` (POLLIN, POLLOUT); 0 is nothing. */
  want(events: number): void;
  /** Sends what had been queued before; whether nothing of it is left. */
  flush(): boolean;
  /** Closes the socket or file. */
  close(): void;
  /** Leaves the socket or file open; `rest` was received and not used. */
  detach(rest: Buffer): void;
}

/** Who is told of a source. */
export interface Sink {
  /** Some of what is wanted is possible, or the peer is gone, which reading or writing will tell. */
  ready(events: number): void;
  failed(error: unknown): void;
  /** Somebody else has closed it. */
  closed(): void;
}
