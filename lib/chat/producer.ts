// Producers: objects that supply data piece by piece as a channel becomes ready to send it.
import { bufferOf } from '../descriptors/piece.ts';
import { bytesOf, type Data, integer } from '../system/arguments.ts';

/** Supplies data piece by piece: see AsyncChat.pushWithProducer(). */
export interface Producer {
  /** Returns the next piece to send, or an empty one or null when there is no more. */
  more(): Data | null | undefined;
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
}
