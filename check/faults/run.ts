// One run of a scenario: its map of channels, what was heard of faults, and the watch that ends a
// run in which nothing goes on any more.
import { type ChannelMap, closeAll, type LoopOptions, loop } from '../../lib/index.ts';

export type Backend = 'select' | 'poll';

/** Closes what it is given when the run ends. */
interface Closable {
  close(): void;
}

export interface Scenario {
  readonly name: string;
  /** Sets everything up; run.done() is to be called as each of its `goals` is reached. */
  readonly goals: number;
  start(run: Run): void | Promise<void>;
}

/** Stalled for so long, in milliseconds, a run is over once something was heard. */
const QUIET_AFTER_NOTICE = 20;
/** And so long once a fault was given so many times in vain. */
const QUIET_IN_VAIN = 6;
const IN_VAIN = 30;

/** What says that a call should be tried again later. */
export const NOT_NOW: ReadonlySet<string> = new Set(['EAGAIN', 'ENOBUFS', 'ENOMEM']);

export function codeOf(error: unknown): string {
  if (error instanceof Error && 'code' in error) return String(error.code);
  return String(error);
}

export class Run {
  readonly map: ChannelMap = new Map();
  readonly backend: Backend;
  /** Who heard what. */
  readonly heard: string[] = [];
  #left: number;
  #progressed = performance.now();
  readonly #owned: Closable[] = [];
  readonly #patience: number;
  readonly #injected: () => number;

  /** How long a scenario makes its pauses, in milliseconds. */
  pause = 1;

  /** `patience`: the milliseconds to stand still; `injected`: how many faults were given so far. */
  constructor(backend: Backend, goals: number, patience: number, injected: () => number) {
    this.backend = backend;
    this.#left = goals;
    this.#patience = patience;
    this.#injected = injected;
  }

  /** Notes that a fault was heard. */
  hear(who: string, error: unknown): void {
    this.heard.push(`${who}: ${codeOf(error)}`);
  }

  /** Something went on. */
  progress(): void {
    this.#progressed = performance.now();
  }

  /** One of the goals is reached. */
  done(): void {
    this.#left--;
    this.progress();
  }

  get complete(): boolean {
    return this.#left === 0;
  }

  /** Has `socket`, which stands in no map, closed at the end. */
  own<T extends Closable>(socket: T): T {
    this.#owned.push(socket);
    return socket;
  }

  /** Runs the scenario to its end: all channels gone, or nothing going on any more. */
  async play(scenario: Scenario): Promise<void> {
    const stop = new AbortController();
    const watch = setInterval(() => {
      if (this.#isOver()) stop.abort();
    }, 2);
    try {
      await scenario.start(this);
      await this.#loop({ map: this.map, backend: this.backend, timeout: 5, signal: stop.signal });
    } catch (error) {
      this.hear('caller', error);
    } finally {
      clearInterval(watch);
      this.#end();
    }
  }

  #isOver(): boolean {
    const quiet = performance.now() - this.#progressed;
    if (quiet > this.#patience || (this.heard.length > 0 && quiet > QUIET_AFTER_NOTICE)) return true;
    return quiet > QUIET_IN_VAIN && this.#injected() > IN_VAIN;
  }

  /** A loop that was refused by the system is begun again: the channels must be as they were. */
  async #loop(options: LoopOptions & { signal: AbortSignal }): Promise<void> {
    for (let tries = 0; ; tries++) {
      try {
        return await loop(options);
      } catch (error) {
        if (options.signal.aborted) return;
        this.hear('loop', error);
        if (tries === 3) return;
      }
    }
  }

  #end(): void {
    for (const channel of [...this.map.values(), ...this.#owned]) {
      try {
        channel.close();
      } catch (error) {
        this.hear('close', error);
      }
    }
    closeAll(this.map, true);
  }
}

/** 64 KiB that no other client sends. */
export function payload(client: number, size = 65536): Buffer {
  const bytes = Buffer.allocUnsafe(size);
  for (let i = 0, state = client + 1; i < size; i++) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    bytes[i] = state >>> 16;
  }
  return bytes;
}

/** The bytes that come in, compared with those that should. */
export class Expected {
  readonly #wanted: Buffer;
  received = 0;
  #isRight = true;

  constructor(wanted: Buffer) {
    this.#wanted = wanted;
  }

  take(data: Buffer): void {
    const { received } = this;
    this.received += data.length;
    if (!data.equals(this.#wanted.subarray(received, this.received))) this.#isRight = false;
  }

  /** Throws what is wrong with what came, if it was wrong; else whether all came. */
  isComplete(): boolean {
    if (!this.#isRight) throw new Error('WRONG BYTES');
    return this.received === this.#wanted.length;
  }
}
