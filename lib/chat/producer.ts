// Producers: objects that supply data piece by piece as a channel becomes ready to send it.
import { inspect } from 'node:util';
import { bufferOf } from '../descriptors/piece.ts';
import { bracketed } from '../descriptors/repr.ts';
import { bytesOf, type Data, integer } from '../system/arguments.ts';

/**
 * What more() gives.
 *
 * @inline
 */
export type Piece = Data | null | undefined;

/** Supplies what is to be sent, a piece at a time. */
export interface Producer {
  /**
   * Returns the next piece to send, or an empty one or null when there is no more. For a promise, the
   * channel waits before it sends anything else.
   */
  more(): Piece | PromiseLike<Piece>;
  /** Called if the producer is dropped before it said that there is no more. */
  close?(): unknown;
}

/** The producer of what an async iterable (a stream, a generator) gives. */
export function producerOf(source: AsyncIterable<Data>): Producer {
  const pieces = source[Symbol.asyncIterator]();
  return {
    async more() {
      for (;;) {
        const { done, value } = await pieces.next();
        if (done) return null;
        const isEmpty = value === '' || (ArrayBuffer.isView(value) && value.byteLength === 0);
        // An empty piece would be the end.
        if (!isEmpty) return value;
      }
    },
    close: () => pieces.return?.(),
  };
}

/**
 * Produces `data` in pieces of up to `bufferSize` bytes.
 *
 * Source: `asynchat.py`, `simple_producer`.
 */
export class SimpleProducer implements Producer {
  #data: Buffer;
  readonly #bufferSize: number;

  /** Produces `data`, which is not copied. */
  constructor(data: Data, bufferSize = 512) {
    this.#data = bufferOf(bytesOf(data, 'data'));
    this.#bufferSize = integer(bufferSize, 'bufferSize', 1);
  }

  /** Returns the next piece, which is empty after the last one. */
  more(): Buffer {
    const piece = this.#data.subarray(0, this.#bufferSize);
    this.#data = this.#data.subarray(piece.length);
    return piece;
  }

  /** `<SimpleProducer length=n>`: how many bytes are left. */
  toString(): string {
    return bracketed(this, `length=${this.#data.length}`);
  }

  /** @hidden */
  [inspect.custom](): string {
    return this.toString();
  }
}
