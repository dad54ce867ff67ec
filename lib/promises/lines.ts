// Lines of text as something to loop over with `for await`.
import { Buffer } from 'node:buffer';
import type { SourceLike } from '../source/open.ts';
import { bare, bytesOf, integer } from '../system/arguments.ts';
import { invalidValue } from '../system/errors.ts';
import { type ChunkOptions, nextPiece, SIZE } from './chunks.ts';
import { Iteration } from './iteration.ts';
import { LineSplitter, unitOf } from './line_splitter.ts';

/** How lines() reads and splits. */
export interface LineOptions extends ChunkOptions {
  /** What ends a line. By default `\n`, and a `\r` before it belongs to it. */
  separator?: string | Uint8Array;
  /** The encoding of the text. Default 'utf8'. */
  encoding?: BufferEncoding;
  /** The maximum number of bytes of a line; a longer one is an error, `ERR_INCOMING_TOO_LONG`. Default 16 MiB. */
  maxLength?: number;
}

/** What lines() returns. */
export class Lines extends Iteration<string> {
  readonly #mark: Uint8Array | undefined;
  readonly #encoding: BufferEncoding;
  readonly #most: number;
  readonly #size: number;
  #rest: Buffer = Buffer.alloc(0);

  /** @internal */
  constructor(source: SourceLike, options: LineOptions) {
    super(source, options);
    const { separator, encoding = 'utf8', maxLength = 16 * 1024 * 1024, size = SIZE } = bare(options);
    if (!Buffer.isEncoding(encoding)) throw invalidValue('encoding', 'an encoding', encoding);
    this.#encoding = encoding;
    this.#mark = separator === undefined ? undefined : bytesOf(separator, 'separator', encoding);
    if (this.#mark?.length === 0) throw invalidValue('separator', 'at least one byte', separator);
    if (this.#mark !== undefined && this.#mark.length % unitOf(encoding) > 0) {
      throw invalidValue('separator', `whole characters of ${encoding}`, separator);
    }
    this.#size = integer(size, 'size', 1);
    this.#most = maxLength === Infinity ? Infinity : integer(maxLength, 'maxLength', 1);
  }

  /** What was received behind the last line, once a loop with `keepOpen` was left. A channel gets it back itself. */
  get rest(): Buffer {
    return this.#rest;
  }

  /** @internal */
  protected override async *steps(): AsyncGenerator<string, void, undefined> {
    const reading = this.open();
    const splitter = new LineSplitter(this.#mark, this.#encoding, this.#most, reading.source.input);
    let hasEnded = false;
    try {
      while (!reading.isOver) {
        const line = splitter.next();
        if (line !== undefined) {
          yield line.toString(this.#encoding);
          continue;
        }
        const piece = await nextPiece(reading, this.#size);
        if (piece === undefined) break;
        hasEnded = reading.isEnd(piece);
        if (hasEnded) break;
        splitter.add(piece);
      }
      const last = hasEnded ? splitter.last() : undefined;
      if (last !== undefined) yield last.toString(this.#encoding);
    } finally {
      this.#rest = splitter.takeRest();
      reading.leave(hasEnded, this.#rest);
    }
  }
}

/**
 * The lines that come from `source`, without their ends; also the last one, if it has no end. Leaving the loop early
 * closes the source or, with `keepOpen`, leaves it open: a channel gets the bytes behind the last line back, and of other
 * sources they are in `rest`. See chunks().
 *
 * @example
 * for await (const line of lines(socket)) console.log(line);
 */
export function lines(source: SourceLike, options: LineOptions = {}): Lines {
  return new Lines(source, options);
}
