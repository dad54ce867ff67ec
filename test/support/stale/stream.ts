// One direction of a connection: what was sent is numbered, so that whoever receives it can tell a
// byte that is lost, changed, doubled or somebody else's.

const PERIOD = 251;
const LONGEST = 1 << 18;

const PATTERN = Buffer.allocUnsafe(LONGEST + PERIOD);
for (let i = 0; i < PATTERN.length; i++) PATTERN[i] = i % PERIOD;

let streams = 0;

export class Stream {
  /** Streams begin at different places of the pattern: the bytes of one are wrong in another. */
  readonly #start = (++streams * 97) % PERIOD;
  /** Bytes that were given to be sent, and that have come. */
  given = 0;
  received = 0;
  /** The bytes of `given` that still wait in a channel's own buffer. */
  waiting = () => 0;

  /** The bytes that the system has taken. */
  get sent(): number {
    return this.given - this.waiting();
  }

  get isComplete(): boolean {
    return this.received === this.sent;
  }

  /** The next `size` bytes; they count once give() is told how many were taken. */
  next(size: number): Buffer {
    const at = (this.#start + this.given) % PERIOD;
    return PATTERN.subarray(at, at + Math.min(size, LONGEST));
  }

  give(count: number): void {
    this.given += count;
  }

  /** Whether `data` is what must come next. */
  take(data: Buffer): boolean {
    const at = (this.#start + this.received) % PERIOD;
    this.received += data.length;
    return data.equals(PATTERN.subarray(at, at + data.length));
  }
}
