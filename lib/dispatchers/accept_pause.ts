// Rest for a listener when the process or the system is out of descriptors or memory. The
// connection stays pending and the listener stays readable, so trying again at once would spin.
import { now } from '../system/clock.ts';

/** Seconds. */
const PAUSE = 0.1;

/** What accept(2) says when there is no room for one more connection. */
const OUT_OF_ROOM: ReadonlySet<string> = new Set(['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM']);

/**
 * What accept(2) says of one connection that is gone already, Linux's pending network errors among
 * it; the next one may be fine.
 */
export const PASSED_OVER: ReadonlySet<string> = new Set([
  'EAGAIN',
  'ECONNABORTED',
  'EPROTO',
  'EPERM',
  'ENETDOWN',
  'ENOPROTOOPT',
  'EHOSTDOWN',
  'ENONET',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);

export class AcceptPause {
  /** When the listener may be asked again, in seconds of now(); 0 when it does not rest. */
  until = 0;
  #reported = false;

  /** Begins a rest if `code` calls for one. `report` is called once for a row of them. */
  begin(code: string, report: () => void): boolean {
    if (!OUT_OF_ROOM.has(code)) return false;
    this.until = now() + PAUSE;
    if (!this.#reported) report();
    this.#reported = true;
    return true;
  }

  end(): void {
    this.until = 0;
    this.#reported = false;
  }
}
