// What chunks(), lines() and connections() return: an async generator that begins when the first step is
// asked for, can be disposed of in every version of Node, and shows what it reads from.
import { inspect } from 'node:util';
import { bracketed } from '../descriptors/repr.ts';
import { closeSource, type SourceLike } from '../source/open.ts';
import { bare, boolean } from '../system/arguments.ts';
import { invalidType } from '../system/errors.ts';
import { nameOf, textOf } from '../system/text.ts';
import { type IterationOptions, Reading } from './reading.ts';

/** Something to loop over with `for await`. */
export abstract class Iteration<T> implements AsyncGenerator<T, void, undefined> {
  readonly #from: SourceLike;
  readonly #options: IterationOptions;
  readonly #keepsOpen: boolean;
  #reading: Reading | undefined;
  #steps: AsyncGenerator<T, void, undefined> | undefined;

  /** @internal */
  constructor(from: SourceLike, options: IterationOptions) {
    if (typeof options !== 'object' || options === null) throw invalidType('options', 'of type object', options);
    const { keepOpen = false } = bare(options);
    this.#keepsOpen = boolean(keepOpen, 'keepOpen');
    this.#from = from;
    this.#options = options;
  }

  /**
   * The steps, which begin with open().
   *
   * @internal
   */
  protected abstract steps(): AsyncGenerator<T, void, undefined>;

  /** @internal */
  protected open(): Reading {
    this.#reading = new Reading(this.#from, this.#options);
    return this.#reading;
  }

  /** The next one; `done` is true if there is none. */
  next(): Promise<IteratorResult<T, void>> {
    this.#steps ??= this.steps();
    return this.#steps.next();
  }

  /** Leaves the loop, as `break` does. A next() that waits gets no more. */
  return(): Promise<IteratorResult<T, void>> {
    return this.#left().return();
  }

  /** Leaves the loop, and rejects with `error`. */
  throw(error: unknown): Promise<IteratorResult<T, void>> {
    return this.#left().throw(error);
  }

  /** A loop that has not begun closes what it was for, as one that is left does. */
  #left(): AsyncGenerator<T, void, undefined> {
    if (this.#steps === undefined && !this.#keepsOpen) closeSource(this.#from);
    this.#reading?.end();
    this.#steps ??= this.steps();
    return this.#steps;
  }

  /** Itself, for `for await`. */
  [Symbol.asyncIterator](): this {
    return this;
  }

  /** Leaves the loop: `await using pieces = chunks(socket)`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  /** `<Lines of <Socket connected fd=n>>`, or `<Lines closed>` when it is over. */
  toString(): string {
    const reading = this.#reading;
    if (reading?.isClosed) return bracketed(this, 'closed');
    const from = reading?.source.shown ?? this.#from;
    return bracketed(this, `of ${typeof from === 'object' ? nameOf(from) : textOf(from)}`);
  }

  /** @hidden */
  [inspect.custom](): string {
    return this.toString();
  }
}
