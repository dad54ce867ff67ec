// Lines of the log that a peer can cause as often as it likes: some of each kind in a second, for the
// whole process, and then one that says how many were left out.
import { now } from '../system/clock.ts';
import { clearTimeout, setTimeout } from '../system/timers.ts';

/** Seconds. */
const PERIOD = 1;

interface Logger {
  readonly ignoreLogTypes: ReadonlySet<string>;
  logInfo(message: unknown, type: string): unknown;
}

export class ErrorLines {
  /** What all lines of the kind begin with. */
  readonly #kind: string;
  /** How many of them are written in a period. */
  most = 10;
  #since = -Infinity;
  #written = 0;
  #leftOut = 0;
  /** The channel whose line was left out last, and which says so. */
  #last: Logger | undefined;
  #timer: NodeJS.Timeout | undefined;
  readonly #sayHowMany = () => this.#flush();

  constructor(kind: string) {
    this.#kind = kind;
  }

  /** Writes a line through the channel's logInfo(), unless there were too many. */
  write(channel: Logger, details: () => string): void {
    const time = now();
    if (time - this.#since >= PERIOD) {
      this.#flush();
      this.#since = time;
      this.#written = 0;
    }
    // What is ignored anyway must not count.
    if (this.#written < this.most || channel.ignoreLogTypes.has('error')) {
      if (!channel.ignoreLogTypes.has('error')) this.#written++;
      channel.logInfo(this.#kind + details(), 'error');
      return;
    }
    if (this.#leftOut++ === 0) {
      this.#timer = setTimeout(this.#sayHowMany, 1000 * PERIOD).unref();
      process.once('exit', this.#sayHowMany);
    }
    this.#last = channel;
  }

  #flush(): void {
    const [leftOut, last] = [this.#leftOut, this.#last];
    this.#leftOut = 0;
    this.#last = undefined;
    clearTimeout(this.#timer);
    process.off('exit', this.#sayHowMany);
    last?.logInfo(`${this.#kind}: ${leftOut} more were left out`, 'error');
  }
}

export const uncaptured = new ErrorLines('uncaptured exception, closing channel');
export const notClosing = new ErrorLines('uncaptured exception, not closing channel');
export const notAccepted = new ErrorLines('cannot accept');
