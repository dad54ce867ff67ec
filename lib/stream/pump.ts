// What moves the bytes of one stream: a source, a flow in each direction that the stream has, and the
// one end of both.
import { AsyncResource } from 'node:async_hooks';
import { addAbortSignal, type Duplex, type Readable, type Writable } from 'node:stream';
import { openSource, type SourceLike } from '../source/open.ts';
import type { Sink, Source } from '../source/source.ts';
import { POLLERR, POLLHUP, POLLIN, POLLOUT, SHUT_WR } from '../system/constants.ts';
import { asError, systemCode } from '../system/errors.ts';
import { nameOf } from '../system/text.ts';
import { Inflow } from './inflow.ts';
import { type Done, Outflow, unsent } from './outflow.ts';

const IN = POLLIN | POLLHUP | POLLERR;
const OUT = POLLOUT | POLLHUP | POLLERR;

/** The errors of shutdown(2) that say that there is no peer any more to tell. */
const PEERLESS: ReadonlySet<string> = new Set(['ENOTCONN', 'EPIPE']);

/** Which of its halves a stream has. */
export interface Halves {
  readonly in?: Readable | Duplex;
  readonly out?: Writable | Duplex;
}

export class Pump implements Sink {
  readonly source: Source;
  readonly #stream: Readable | Writable | Duplex;
  readonly #in: Inflow | undefined;
  readonly #out: Outflow | undefined;
  /** The context (AsyncLocalStorage) in which the stream was made, and in which its listeners run. */
  readonly #context = new AsyncResource('asyncore.stream');
  #isClosed = false;

  constructor(stream: Readable | Writable | Duplex, from: SourceLike, halves: Halves, size: number) {
    this.#stream = stream;
    this.source = openSource(from, this);
    const { in: into, out } = halves;
    if (into !== undefined) {
      const ends = {
        push: (piece: Buffer | null) => into.push(piece),
        failed: (error: unknown) => this.failed(error),
        changed: () => this.#want(),
      };
      this.#in = new Inflow(this.source, ends, size);
    }
    if (out !== undefined) this.#out = new Outflow(this.source, () => this.#want());
  }

  /** Destroys the stream once `signal` is aborted. If nobody can listen to that, the source is its owner's again. */
  heed(signal: AbortSignal): void {
    try {
      addAbortSignal(signal, this.#stream);
    } catch (error) {
      this.source.detach(this.source.input);
      throw error;
    }
  }

  /** What follows the name of the stream's class when it is shown. */
  get shown(): string {
    return this.#isClosed ? 'closed' : `of ${nameOf(this.source.shown)}`;
  }

  #want(): void {
    if (this.#isClosed) return;
    this.source.want((this.#in?.wants ? POLLIN : 0) | (this.#out?.wants ? POLLOUT : 0));
  }

  ready(events: number): void {
    this.#context.runInAsyncScope(() => {
      if (events & IN) this.#in?.ready();
      if (events & OUT && !this.#isClosed) this.#out?.ready();
    });
  }

  failed(error: unknown): void {
    this.#context.runInAsyncScope(() => this.#stream.destroy(asError(error)));
  }

  closed(): void {
    this.#isClosed = true;
    this.#context.runInAsyncScope(() => this.#stream.destroy());
  }

  read(): void {
    this.#in?.read();
  }

  write(pieces: readonly Uint8Array[], done: Done): void {
    this.#out?.write(pieces, done);
  }

  /** All has been written: a socket tells its peer. */
  end(done: Done): void {
    this.write([], (error) => done(error ?? this.#shutdown()));
  }

  #shutdown(): Error | null {
    const { transport } = this.source;
    if (!('shutdown' in transport) || typeof transport.shutdown !== 'function') return null;
    try {
      transport.shutdown(SHUT_WR);
      return null;
    } catch (error) {
      const code = systemCode(error);
      if (code !== undefined && PEERLESS.has(code)) return null;
      return asError(error);
    }
  }

  /** Closes the socket or file. */
  close(error: Error | null, done: Done): void {
    let reason = error;
    const wasClosed = this.#isClosed;
    this.#isClosed = true;
    try {
      if (!wasClosed) this.source.close();
    } catch (failure) {
      reason ??= asError(failure);
    }
    this.#in?.stop();
    this.#out?.stop(error ?? unsent());
    this.#context.emitDestroy();
    done(reason);
  }
}
