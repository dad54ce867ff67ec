// A socket or file that is waited for by itself, outside of all maps and loops.
import type { Transport } from '../dispatchers/transport.ts';
import { Watch } from '../reactor/watch.ts';
import type { Sink, Source } from './source.ts';

const EMPTY = Buffer.alloc(0);

export class WatchedSource implements Source {
  readonly transport: Transport;
  readonly input = EMPTY;
  readonly #watch: Watch;
  readonly #isDuplicate: boolean;

  /** A duplicate is nobody else's. */
  constructor(transport: Transport, sink: Sink, isDuplicate: boolean) {
    this.transport = transport;
    this.#isDuplicate = isDuplicate;
    this.#watch = new Watch(transport, sink);
  }

  get shown(): object {
    return this.transport;
  }

  want(events: number): void {
    this.#watch.want(events);
  }

  flush(): boolean {
    return true;
  }

  close(): void {
    this.#watch.close();
    this.transport.close();
  }

  detach(): void {
    this.#watch.close();
    if (this.#isDuplicate) this.transport.close();
  }
}
