// Channels around these descriptors: each reads, and calls one handler with what was read.
import { Dispatcher } from '../dispatchers/dispatcher.ts';
import type { ChannelMap } from '../reactor/channel.ts';
import { declareBuiltIn, timed } from '../reactor/interest.ts';
import { notImplemented } from '../system/errors.ts';
import { EventFd } from './event_fd.ts';
import { Inotify, type InotifyEvent } from './inotify.ts';
import type { LinuxFile } from './linux_file.ts';
import type { Ending, PidFd } from './pid_fd.ts';
import type { SignalFd, SignalInfo } from './signal_fd.ts';
import { TimerFd } from './timer_fd.ts';

/** Something was read: the limits of setTimeout() begin anew. */
function readSome(channel: Dispatcher<LinuxFile>): void {
  channel[timed]?.moved('read');
}

/** The base of the five: a channel that waits for input alone. */
export class LinuxDispatcher<T extends LinuxFile> extends Dispatcher<T> {
  /** The same as `file`. It is kept after close(). */
  declare socket: T;
  /** What the channel reads. close() closes it. */
  readonly file: T;

  /** Adds the channel to the map, by default `socketMap`. */
  constructor(file: T, map?: ChannelMap);
  /** @internal */
  constructor(file: T, map: ChannelMap | undefined, isOwn: boolean);
  constructor(file: T, map?: ChannelMap, isOwn = false) {
    try {
      super(file, map);
    } catch (error) {
      // Nobody else has it.
      if (isOwn) file.close();
      throw error;
    }
    this.file = file;
  }

  override writable(): boolean {
    return false;
  }
}

declareBuiltIn(LinuxDispatcher.prototype);

/**
 * A channel around an EventFd.
 *
 * @example
 * class Wake extends EventFdDispatcher {
 *   override handleCount(count: bigint) { console.log('woken %d times', count); }
 * }
 */
export class EventFdDispatcher extends LinuxDispatcher<EventFd> {
  /** Around `file`, by default a new one. The map is by default `socketMap`. */
  constructor(file?: EventFd, map?: ChannelMap) {
    super(file === undefined ? new EventFd() : file, map, file === undefined);
  }

  override handleRead(): unknown {
    const count = this.file.read();
    if (count === 0n) return undefined;
    readSome(this);
    return this.handleCount(count);
  }

  /** Called with the count, which was above 0 and is 0 now. */
  handleCount(_count: bigint): unknown {
    throw notImplemented('handleCount()');
  }
}

/**
 * A channel around a TimerFd.
 *
 * @example
 * class Clock extends TimerFdDispatcher {
 *   override handleTimer() { console.log('tick'); }
 * }
 * new Clock().file.settime(1, 1);
 */
export class TimerFdDispatcher extends LinuxDispatcher<TimerFd> {
  /** Around `file`, by default a new one. The map is by default `socketMap`. */
  constructor(file?: TimerFd, map?: ChannelMap) {
    super(file === undefined ? new TimerFd() : file, map, file === undefined);
  }

  override handleRead(): unknown {
    const expirations = this.file.read();
    if (expirations === 0) return undefined;
    readSome(this);
    return this.handleTimer(expirations);
  }

  /** Called when the timer has expired, with how often. */
  handleTimer(_expirations: number): unknown {
    throw notImplemented('handleTimer()');
  }
}

/**
 * A channel around a SignalFd.
 *
 * @example
 * import { SignalFd, SignalFdDispatcher, type SignalInfo } from 'asyncore/linux';
 *
 * class Signals extends SignalFdDispatcher {
 *   override handleSignals(signals: SignalInfo[]) { for (const { signal, pid } of signals) console.log(signal, pid); }
 * }
 * new Signals(new SignalFd(['SIGHUP']));
 */
export class SignalFdDispatcher extends LinuxDispatcher<SignalFd> {
  override handleRead(): unknown {
    const signals = this.file.read();
    if (signals.length === 0) return undefined;
    readSome(this);
    return this.handleSignals(signals);
  }

  /** Called with the signals that have come. */
  handleSignals(_signals: SignalInfo[]): unknown {
    throw notImplemented('handleSignals()');
  }
}

/**
 * A channel around an Inotify.
 *
 * @example
 * import { IN_CREATE, InotifyDispatcher, type InotifyEvent } from 'asyncore/linux';
 *
 * class Watch extends InotifyDispatcher {
 *   override handleEvents(events: InotifyEvent[]) { for (const { name } of events) console.log(name); }
 * }
 * new Watch().file.addWatch('/tmp', IN_CREATE);
 */
export class InotifyDispatcher extends LinuxDispatcher<Inotify> {
  /** Around `file`, by default a new one. The map is by default `socketMap`. */
  constructor(file?: Inotify, map?: ChannelMap) {
    super(file === undefined ? new Inotify() : file, map, file === undefined);
  }

  override handleRead(): unknown {
    const events = this.file.read();
    if (events.length === 0) return undefined;
    readSome(this);
    return this.handleEvents(events);
  }

  /** Called with what has happened, in order. */
  handleEvents(_events: InotifyEvent[]): unknown {
    throw notImplemented('handleEvents()');
  }
}

/**
 * A channel around a PidFd. It closes when the process has ended.
 *
 * @example
 * import { type Ending, PidFd, PidFdDispatcher } from 'asyncore/linux';
 *
 * class Watch extends PidFdDispatcher {
 *   override handleExit({ code, signal }: Ending) { console.log('%d: %s', this.file.pid, signal ?? code); }
 * }
 * new Watch(new PidFd(process.ppid));
 */
export class PidFdDispatcher extends LinuxDispatcher<PidFd> {
  override handleRead(): unknown {
    const ending = this.file.read();
    if (ending === null) return undefined;
    this.close();
    return this.handleExit(ending);
  }

  /** Called once, when the process has ended and the channel is closed. */
  handleExit(_ending: Ending): unknown {
    throw notImplemented('handleExit()');
  }
}
