// The reading half of a stream: asks for input only while the stream has room, which is its
// readable(), and reads some pieces per event.

import { hasDatagrams } from '../dispatchers/transport.ts';
import type { Source } from '../source/source.ts';
import { NOT_NOW, systemCode } from '../system/errors.ts';

/** So many pieces, or the first that is not full, end a turn: others have to get theirs. */
const MOST = 16;

/** The stream that is read into. */
interface Into {
  push(piece: Buffer | null): boolean;
  failed(error: unknown): void;
  /** Input is wanted, or is not any more. */
  changed(): void;
}

export class Inflow {
  readonly #source: Source;
  readonly #into: Into;
  readonly #size: number;
  #before: Buffer;
  #wants = false;
  #isOver = false;

  constructor(source: Source, into: Into, size: number) {
    this.#source = source;
    this.#into = into;
    this.#size = size;
    this.#before = source.input;
  }

  /** Whether to wait for input. */
  get wants(): boolean {
    return this.#wants;
  }

  /** The stream has room. */
  read(): void {
    if (this.#isOver) return;
    const before = this.#before;
    this.#before = before.subarray(before.length);
    this.#set(before.length === 0 || this.#into.push(before));
  }

  /** There is input, or the end of it. */
  ready(): void {
    for (let i = 0; i < MOST && this.#wants; i++) {
      let piece: Buffer;
      try {
        piece = this.#source.transport.recv(this.#size);
      } catch (error) {
        const code = systemCode(error);
        if (code === undefined || !NOT_NOW.has(code)) this.#into.failed(error);
        return;
      }
      if (piece.length > 0) {
        if (!this.#into.push(piece)) this.#set(false);
      } else if (!hasDatagrams(this.#source.transport)) {
        this.stop();
        this.#into.push(null);
      }
      if (piece.length < this.#size) return;
    }
  }

  /** Nothing more is read. */
  stop(): void {
    this.#isOver = true;
    this.#set(false);
  }

  #set(wants: boolean): void {
    const isWanted = wants && !this.#isOver;
    if (isWanted === this.#wants) return;
    this.#wants = isWanted;
    this.#into.changed();
  }
}
