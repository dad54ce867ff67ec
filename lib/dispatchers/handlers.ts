// What a channel answers and does by default, before anybody overrides it: asyncore's own defaults.
import type { Address, AddressInfo } from '../descriptors/address.ts';
import type { Socket } from '../descriptors/socket.ts';
import { declareBuiltIn } from '../reactor/interest.ts';
import { invalidType, systemCode } from '../system/errors.ts';
import { nameOf, textOf } from '../system/text.ts';
import { type TimeoutKind, timedOut } from './deadlines.ts';
import { notAccepted, uncaptured } from './error_lines.ts';
import { declareHandleEof } from './half_close.ts';
import { describeError } from './traceback.ts';

/** The default of ignoreLogTypes. */
const IGNORED: ReadonlySet<string> = new Set(['warning']);

/** The part of a Dispatcher that is there to be overridden. */
export abstract class Handlers {
  /** The types of messages that logInfo() ignores. */
  ignoreLogTypes: ReadonlySet<string> = IGNORED;

  abstract addr: Address | AddressInfo | null;
  abstract close(): void;

  /** Whether to wait for input; called before every wait. */
  readable(): boolean {
    return true;
  }

  /**
   * Whether to wait until something can be sent; called after readable(). By default always true,
   * as in asyncore, so that a connected channel gets an event in every pass and the loop never
   * sleeps. Override it, or use DispatcherWithSend.
   */
  writable(): boolean {
    return true;
  }

  /**
   * Whether to wait for exceptional conditions alone, such as urgent data or a change of
   * /proc/self/mounts; called after writable(). By default undefined: as asyncore, a channel that is
   * readable waits for them too, and with select() so does one that is writable. A condition of a file
   * goes to handleExpt(), which must clear it (as a rule by reading the file from its beginning).
   */
  exceptional(): boolean | undefined {
    return undefined;
  }

  /**
   * Called with whatever a handler throws. By default, logs it on one line, of which the process
   * writes at most 10 in a second, and calls handleClose().
   */
  handleError(error: unknown): unknown {
    uncaptured.write(this, () => ` ${nameOf(this)} (${describeError(error)})`);
    return this.handleClose();
  }

  /** Called when there is input or the end of input: call recv(). */
  handleRead(): unknown {
    return this.logInfo('unhandled read event', 'warning');
  }

  /** Called when there is room to send. */
  handleWrite(): unknown {
    return this.logInfo('unhandled write event', 'warning');
  }

  /** Called when the connection is established; `connected` becomes true when this returns. */
  handleConnect(): unknown {
    return this.logInfo('unhandled connect event', 'warning');
  }

  /** Called with each new connection. By default, closes it. */
  handleAccepted(sock: Socket, _addr: AddressInfo): unknown {
    sock.close();
    return this.logInfo('unhandled accepted event', 'warning');
  }

  /**
   * Called when the process or the system has no room for another connection, once until one was
   * accepted again: `EMFILE`, `ENFILE`, `ENOBUFS`, `ENOMEM`. Close what you can do without. The
   * listener stays open and tries again every 0.1 s. By default, logs it on one line.
   */
  handleAcceptError(error: unknown): unknown {
    notAccepted.write(this, () => `: ${systemCode(error)}; ${nameOf(this)} tries again`);
    return undefined;
  }

  /** Called when a limit of setTimeout() is over. By default throws `ETIMEDOUT`, which handleError() gets. */
  handleTimeout(kind: TimeoutKind): unknown {
    throw timedOut(this, kind);
  }

  /**
   * Called when the peer has ended its side, once, by the recv() that found nothing. By default calls
   * handleClose(). If you override it, the channel is not asked for input any more and can go on sending;
   * when our side has ended as well, by shutdown() or endWhenDone(), handleClose() is called.
   */
  handleEof(): unknown {
    return this.handleClose();
  }

  /** Called when the peer is gone. By default, closes the channel. */
  handleClose(): unknown {
    this.logInfo('unhandled close event', 'warning');
    return this.close();
  }

  /** Writes a line to standard error. The message is yours and printed as it is. */
  log(message: unknown): void {
    process.stderr.write(`log: ${textOf(message)}\n`);
  }

  /**
   * Writes a line to standard output unless `type` is ignored. The message is printed as it is; in
   * what the library itself logs, all that comes from outside is escaped.
   */
  logInfo(message: unknown, type = 'info'): void {
    if (typeof type !== 'string') throw invalidType('type', 'of type string', type);
    if (!this.ignoreLogTypes.has(type)) process.stdout.write(`${type}: ${textOf(message)}\n`);
  }

  /** The same as close(): `using channel = new Echo(sock)`. */
  [Symbol.dispose](): void {
    this.close();
  }
}

declareBuiltIn(Handlers.prototype);
declareHandleEof(Handlers.prototype.handleEof);
