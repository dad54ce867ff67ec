// Producers: what gives its data piece by piece when a channel is ready to send it.
import { bufferOf } from '../descriptors/piece.ts';
import { bytesOf, type Data, integer } from '../system/arguments.ts';

/** Gives the next piece to send; an empty one, or null, when there is no more. */
export interface Producer {
  more(): Data | null | undefined;
}

/**
 * Gives `data` in pieces of up to `bufferSize` bytes.
 *
 * Source: asynchat.py `simple_producer`.
 */
export class SimpleProducer implements Producer {
  #data: Buffer;
  readonly #bufferSize: number;

  constructor(data: Data, bufferSize = 512) {
    this.#data = bufferOf(bytesOf(data, 'data'));
    this.#bufferSize = integer(bufferSize, 'bufferSize', 1);
  }

  /** The next piece, empty after the last. */
  more(): Buffer {
    const piece = this.#data.subarray(0, this.#bufferSize);
    this.#data = this.#data.subarray(piece.length);
    return piece;
  }
}
