// Pieces of input as something to loop over with `for await`.
import { Buffer } from 'node:buffer';
import type { SourceLike } from '../source/open.ts';
import { bare, integer } from '../system/arguments.ts';
import { NOT_NOW } from '../system/errors.ts';
import { isMade } from './attempt.ts';
import { Iteration } from './iteration.ts';
import type { IterationOptions, Reading } from './reading.ts';

export const SIZE = 65536;

export interface ChunkOptions extends IterationOptions {
  /** The most bytes per piece. Default 65536. */
  size?: number;
}

/** The next piece of up to `size` bytes, empty at the end; undefined if the loop is over before. */
export async function nextPiece(reading: Reading, size: number): Promise<Buffer | undefined> {
  const { transport } = reading.source;
  let piece: Buffer | undefined;
  const receive = () => {
    piece = transport.recv(size);
  };
  await reading.until(() => isMade(receive, NOT_NOW));
  return reading.isClosed ? undefined : piece;
}

class Chunks extends Iteration<Buffer> {
  readonly #size: number;

  constructor(source: SourceLike, options: ChunkOptions) {
    super(source, options);
    this.#size = integer(bare(options).size ?? SIZE, 'size', 1);
  }

  protected override async *steps(): AsyncGenerator<Buffer, void, undefined> {
    const reading = this.open();
    const { input } = reading.source;
    let hasEnded = false;
    try {
      if (input.length > 0) yield input;
      while (!reading.isOver) {
        const piece = await nextPiece(reading, this.#size);
        if (piece === undefined) break;
        hasEnded = reading.isEnd(piece);
        if (hasEnded) break;
        yield piece;
      }
    } finally {
      reading.leave(hasEnded, Buffer.alloc(0));
    }
  }
}

/**
 * The pieces that come from `source`, as they come, until its end, which closes it. Leaving the loop early closes it
 * too or, with `keepOpen`, leaves it open; nothing is read ahead. What goes wrong is thrown in the loop.
 *
 * What `source` may be, and what becomes of it, is as with toDuplex() of 'asyncore/stream': a channel stays in its map
 * and needs its loop(), and can go on sending; with `keepOpen`, it gets its handlers back.
 *
 * @example
 * for await (const piece of chunks(socket, { timeout: 30 })) process.stdout.write(piece);
 */
export function chunks(source: SourceLike, options: ChunkOptions = {}): Iteration<Buffer> {
  return new Chunks(source, options);
}
