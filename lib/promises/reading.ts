// The input of an iteration: it waits only while the next piece is asked for, so that everything else
// stays with the system, and the peer is slowed down.
import { hasDatagrams } from '../dispatchers/transport.ts';
import { openSource, type SourceLike } from '../source/open.ts';
import type { Sink, Source } from '../source/source.ts';
import { bare } from '../system/arguments.ts';
import { POLLIN } from '../system/constants.ts';
import { NativePromise } from '../system/later.ts';
import { hadTurn, isDoneAtOnce, needsToBeReady, type Step } from './attempt.ts';
import { Limits, Patience, type WaitOptions } from './patience.ts';

interface Pending {
  readonly step: Step;
  readonly patience: Patience;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
}

/** What all iterations can be told. `timeout` is for each step, `signal` for all of them. */
export interface IterationOptions extends WaitOptions {
  /** Leaves the source open if the loop is left early, instead of closing it. Default false. */
  keepOpen?: boolean;
}

export class Reading implements Sink {
  readonly source: Source;
  readonly #options: IterationOptions;
  #pending: Pending | undefined;
  /** Why there is nothing more to wait for. */
  #failure: { readonly error: unknown } | undefined;
  #isClosed = false;
  #isLeft = false;
  /** Whether it is tried before it is said to be ready. */
  #triesAtOnce: boolean;

  constructor(from: SourceLike, options: IterationOptions = {}) {
    new Limits(options);
    this.#options = bare(options);
    this.source = openSource(from, this);
    this.#triesAtOnce = !needsToBeReady(this.source.transport);
  }

  /** Whether somebody else has closed the source. */
  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Whether there are no more steps: somebody leaves the loop, or the source is closed. */
  get isOver(): boolean {
    return this.#isClosed || this.#isLeft;
  }

  /** Whether `piece` says that nothing follows: an empty datagram does not. */
  isEnd(piece: Buffer): boolean {
    return piece.length === 0 && !hasDatagrams(this.source.transport);
  }

  /** Somebody leaves the loop, perhaps while a step is waited for. */
  end(): void {
    this.#isLeft = true;
    this.#take()?.resolve();
  }

  /** Waits until `step` is done, or it is over. */
  until(step: Step): Promise<void> {
    return new NativePromise((resolve, reject) => {
      const limits = new Limits(this.#options);
      limits.throwIfAborted();
      if (this.#failure !== undefined) throw this.#failure.error;
      if (this.isOver || (this.#triesAtOnce && isDoneAtOnce(step))) {
        resolve();
        return;
      }
      this.#pending = { step, resolve, reject, patience: new Patience(limits, (error) => this.#reject(error)) };
      this.source.want(POLLIN);
    });
  }

  ready(): void {
    hadTurn();
    this.#triesAtOnce = true;
    const pending = this.#pending;
    try {
      if (pending?.step()) this.#take()?.resolve();
    } catch (error) {
      this.#reject(error);
    }
  }

  failed(error: unknown): void {
    this.#failure = { error };
    this.#reject(error);
  }

  closed(): void {
    this.#isClosed = true;
    this.#take()?.resolve();
  }

  #reject(error: unknown): void {
    this.#take()?.reject(error);
  }

  #take(): Pending | undefined {
    const pending = this.#pending;
    this.#pending = undefined;
    pending?.patience.close();
    if (!this.#isClosed) this.source.want(0);
    return pending;
  }

  /** The loop is over. `hasEnded`: there is nothing more to come. */
  leave(hasEnded: boolean, rest: Buffer): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    if (this.#options.keepOpen && !hasEnded) this.source.detach(rest);
    else this.source.close();
  }
}
