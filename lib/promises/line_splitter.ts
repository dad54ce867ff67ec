// Cuts received bytes into lines, each byte searched and copied once, however small the pieces are.
import { Buffer } from 'node:buffer';
import { CodedError } from '../system/errors.ts';
import { FEW, joinNewest } from '../system/join.ts';

/** How many bytes the smallest unit of an encoding has: a mark may not begin in the middle of one. */
export function unitOf(encoding: BufferEncoding): number {
  return Buffer.byteLength('x', encoding) === 2 ? 2 : 1;
}

export class LineSplitter {
  readonly #mark: Uint8Array;
  /** What may stand before the mark and belongs to it. */
  readonly #return: Uint8Array;
  readonly #unit: number;
  readonly #most: number;
  /** Searched, and no mark begins in them. */
  #held: Uint8Array[] = [];
  #heldLength = 0;
  /** How many were held since some were joined. */
  #fresh = 0;
  #rest: Buffer;

  /** Without `mark`, lines end with `\n` or `\r\n`. A line of more than `most` bytes is an error. */
  constructor(mark: Uint8Array | undefined, encoding: BufferEncoding, most: number, before: Buffer) {
    this.#unit = unitOf(encoding);
    const plain = this.#unit === 1 ? 'latin1' : encoding;
    this.#mark = mark ?? Buffer.from('\n', plain);
    this.#return = Buffer.from(mark === undefined ? '\r' : '', plain);
    this.#most = most;
    this.#rest = before;
  }

  add(piece: Buffer): void {
    this.#rest = this.#rest.length === 0 ? piece : Buffer.concat([this.#rest, piece]);
  }

  /** The next complete line. */
  next(): Buffer | undefined {
    const index = this.#find();
    if (index >= 0) {
      const line = this.#cut(index);
      this.#rest = this.#rest.subarray(this.#mark.length);
      return line;
    }
    // A mark may begin in its last bytes.
    const searched = this.#rest.length - this.#mark.length + 1;
    if (searched > 0) {
      this.#hold(this.#rest.subarray(0, searched));
      this.#rest = this.#rest.subarray(searched);
    }
    // It may end with a return, which belongs to the mark that is still to come.
    this.#check(this.#heldLength - this.#return.length);
    return undefined;
  }

  #find(): number {
    let index = this.#rest.indexOf(this.#mark);
    while (index >= 0 && (this.#heldLength + index) % this.#unit > 0) index = this.#rest.indexOf(this.#mark, index + 1);
    return index;
  }

  #hold(bytes: Buffer): void {
    this.#held.push(bytes);
    this.#heldLength += bytes.length;
    if (++this.#fresh < FEW) return;
    this.#fresh = 0;
    joinNewest(this.#held);
  }

  /** The last line, which has no end. */
  last(): Buffer | undefined {
    const length = this.#heldLength + this.#rest.length;
    return length === 0 ? undefined : this.#cut(this.#rest.length);
  }

  /** All that was not handed out. */
  takeRest(): Buffer {
    const rest = Buffer.concat([...this.#held, this.#rest]);
    this.#held = [];
    this.#heldLength = 0;
    this.#rest = rest.subarray(rest.length);
    return rest;
  }

  #cut(index: number): Buffer {
    const end = this.#rest.subarray(0, index);
    this.#rest = this.#rest.subarray(index);
    const line = this.#held.length === 0 ? end : Buffer.concat([...this.#held, end]);
    this.#held = [];
    this.#heldLength = 0;
    const { length } = this.#return;
    const whole = line.subarray(-length).equals(this.#return) ? line.subarray(0, line.length - length) : line;
    this.#check(whole.length);
    return whole;
  }

  #check(length: number): void {
    if (length <= this.#most) return;
    throw new CodedError('ERR_INCOMING_TOO_LONG', `A line is longer than ${this.#most} bytes`);
  }
}
