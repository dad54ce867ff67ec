// The writing half of a stream: sends what it is given, waits for room where the system takes no
// more, and only then says that it is done.
import { Buffer } from 'node:buffer';
import { hasMessages } from '../dispatchers/transport.ts';
import type { Source } from '../source/source.ts';
import { asError, CodedError, NOT_NOW, systemCode } from '../system/errors.ts';

/** So many pieces end a turn. */
const MOST = 16;
/** Bytes. Pieces that are small on average are joined to pieces of this size. */
const JOINED = 1 << 16;

export type Done = (error?: Error | null) => void;

export function unsent(): CodedError {
  return new CodedError('ERR_STREAM_DESTROYED', 'The stream was destroyed before all was sent');
}

export class Outflow {
  readonly #source: Source;
  readonly #changed: () => void;
  #pieces: Uint8Array[] = [];
  #at = 0;
  #done: Done | undefined;
  #wants = false;

  /** `changed` is called when room is wanted, or is not any more. */
  constructor(source: Source, changed: () => void) {
    this.#source = source;
    this.#changed = changed;
  }

  /** Whether to wait for room to send. */
  get wants(): boolean {
    return this.#wants;
  }

  /** Sends `pieces` and then calls `done`. Without pieces, what the channel had queued is sent. */
  write(pieces: readonly Uint8Array[], done: Done): void {
    this.#pieces = hasMessages(this.#source.transport) ? [...pieces] : joined(pieces);
    this.#at = 0;
    this.#done = done;
    this.ready();
  }

  /** There may be room. */
  ready(): void {
    if (this.#done === undefined) return;
    try {
      const isSent = this.#source.flush() && this.#send();
      this.#set(!isSent);
      if (isSent) this.#end();
    } catch (error) {
      this.stop(asError(error));
    }
  }

  /** Nothing more is sent; who waits for it is told. */
  stop(error: Error): void {
    this.#set(false);
    this.#end(error);
  }

  #end(error?: Error): void {
    const done = this.#done;
    this.#done = undefined;
    this.#pieces = [];
    done?.(error);
  }

  /** Whether all has been sent. */
  #send(): boolean {
    for (let i = 0; this.#at < this.#pieces.length; i++) {
      const piece = this.#pieces[this.#at];
      if (i === MOST) return false;
      if (piece === undefined) break;
      let sent: number;
      try {
        sent = this.#source.transport.send(piece);
      } catch (error) {
        const code = systemCode(error);
        if (code === undefined || !NOT_NOW.has(code)) throw error;
        return false;
      }
      if (sent >= piece.length) this.#at++;
      else this.#pieces[this.#at] = piece.subarray(sent);
    }
    return true;
  }

  #set(wants: boolean): void {
    if (wants === this.#wants) return;
    this.#wants = wants;
    this.#changed();
  }
}

/** The same bytes without the empty pieces, and in fewer of them if they are small. */
function joined(pieces: readonly Uint8Array[]): Uint8Array[] {
  const [only] = pieces;
  if (pieces.length === 1 && only !== undefined) return only.length > 0 ? [only] : [];
  const some = pieces.filter(({ length }) => length > 0);
  const total = some.reduce((sum, { length }) => sum + length, 0);
  if (total >= (some.length * JOINED) / 4) return some;
  const all = Buffer.concat(some);
  const result: Uint8Array[] = [];
  for (let at = 0; at < total; at += JOINED) result.push(all.subarray(at, at + JOINED));
  return result;
}
