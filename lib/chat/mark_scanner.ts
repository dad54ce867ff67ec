// Finds terminators in received bytes, one stretch at a time, and remembers them for the next
// lookup.
import { native } from '../system/native.ts';

/** Bytes searched per call: enough for many lines, few enough to waste when the mark changes. */
const STRETCH = 1 << 12;

/** The marks in one piece of input. Asking about other input or another mark starts over. */
export class MarkScanner {
  readonly #positions = new Int32Array(128);
  #input: Uint8Array | undefined;
  #mark: Uint8Array | undefined;
  #count = 0;
  #next = 0;
  /** Every mark that begins at or after #from and before #to is known. */
  #from = 0;
  #to = 0;

  /** Call when the input has changed but may be in the same Buffer as before. */
  forget(): void {
    this.#input = undefined;
  }

  /** The index of `mark` in `input` at or after `from`, or -1 if there is none. */
  find(input: Uint8Array, mark: Uint8Array, from: number): number {
    if (input !== this.#input || mark !== this.#mark || from < this.#from || from > this.#to) {
      this.#input = input;
      this.#mark = mark;
      this.#search(input, mark, from);
    }
    for (;;) {
      while (this.#next < this.#count) {
        const position = this.#positions[this.#next] ?? 0;
        if (position >= from) return position;
        this.#next++;
      }
      if (this.#to + mark.length > input.length) return -1;
      this.#search(input, mark, this.#to);
    }
  }

  #search(input: Uint8Array, mark: Uint8Array, from: number): void {
    const size = Math.min(Math.max(STRETCH, mark.length), input.length - from);
    this.#count = native.findMarks(input, from, size, mark, this.#positions);
    this.#next = 0;
    this.#from = from;
    const isFull = this.#count === this.#positions.length;
    // A mark may begin in the last bytes and end after them.
    this.#to = isFull ? (this.#positions[this.#count - 1] ?? 0) + 1 : Math.max(from, from + size - mark.length + 1);
  }
}
