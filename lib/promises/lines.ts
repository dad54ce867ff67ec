// Lines of text as something to loop over with `for await`.
import { Buffer } from 'node:buffer';
import type { SourceLike } from '../source/open.ts';
import { bare, bytesOf, integer } from '../system/arguments.ts';
import { invalidType, invalidValue } from '../system/errors.ts';
import { type ChunkOptions, nextPiece, SIZE } from './chunks.ts';
import { LineSplitter } from './line_splitter.ts';
import { Reading } from './reading.ts';

/** How lines() reads and splits. */
export interface LineOptions extends ChunkOptions {
  /** What ends a line. By default `\n`, and a `\r` before it belongs to it. */
  separator?: string | Uint8Array;
  /** The encoding of the text. Default 'utf8'. */
  encoding?: BufferEncoding;
  /** The maximum number of bytes of a line; a longer one is an error, `ERR_INCOMING_TOO_LONG`. Default 16 MiB. */
  maxLength?: number;
}

/** What lines() gives. */
export class Lines implements AsyncIterableIterator<string> {
  readonly #lines: AsyncGenerator<string, void, undefined>;
  readonly #mark: Uint8Array | undefined;
  readonly #encoding: BufferEncoding;
  readonly #most: number;
  readonly #size: number;
  #rest: Buffer = Buffer.alloc(0);

  /** @internal */
  constructor(source: SourceLike, options: LineOptions) {
    if (typeof options !== 'object' || options === null) throw invalidType('options', 'of type object', options);
    const { separator, encoding = 'utf8', maxLength = 16 * 1024 * 1024, size = SIZE } = bare(options);
    if (!Buffer.isEncoding(encoding)) throw invalidValue('encoding', 'an encoding', encoding);
    this.#encoding = encoding;
    this.#mark = separator === undefined ? undefined : bytesOf(separator, 'separator', encoding);
    if (this.#mark?.length === 0) throw invalidValue('separator', 'at least one byte', separator);
    this.#size = integer(size, 'size', 1);
    this.#most = maxLength === Infinity ? Infinity : integer(maxLength, 'maxLength', 1);
    this.#lines = this.#read(source, options);
  }

  /** What was received behind the last line, once a loop with `keepOpen` was left. A channel gets it back itself. */
  get rest(): Buffer {
    return this.#rest;
  }

  /** The next line; `done` is true if there is none. */
  next(): Promise<IteratorResult<string, void>> {
    return this.#lines.next();
  }

  /** Leaves the loop, as `break` does. */
  return(): Promise<IteratorResult<string, void>> {
    return this.#lines.return();
  }

  /** Leaves the loop, and rejects with `error`. */
  throw(error: unknown): Promise<IteratorResult<string, void>> {
    return this.#lines.throw(error);
  }

  /** Itself, for `for await`. */
  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Leaves the loop. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#lines.return();
  }

  async *#read(source: SourceLike, options: LineOptions): AsyncGenerator<string, void, undefined> {
    const reading = new Reading(source, options);
    const splitter = new LineSplitter(this.#mark, this.#most, reading.source.input);
    let hasEnded = false;
    try {
      while (!reading.isClosed) {
        const line = splitter.next();
        if (line !== undefined) {
          yield line.toString(this.#encoding);
          continue;
        }
        const piece = await nextPiece(reading, this.#size);
        if (piece.length === 0) break;
        splitter.add(piece);
      }
      hasEnded = true;
      const last = reading.isClosed ? undefined : splitter.last();
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
