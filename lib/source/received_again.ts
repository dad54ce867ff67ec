// Hands a channel bytes that somebody else received in its place: its next calls of recv() get them, as if
// they came only now, and its loop tells it of them as it tells of input.
import { Buffer } from 'node:buffer';
import type { Dispatcher } from '../dispatchers/dispatcher.ts';
import type { Transport } from '../dispatchers/transport.ts';
import { UNREAD } from '../reactor/guard.ts';
import { hold, release } from '../reactor/held.ts';
import { changed, closed, life } from '../reactor/interest.ts';
import { integer, writableBytes } from '../system/arguments.ts';
import { progress } from '../system/progress.ts';
import { StandIns } from './stand_ins.ts';

const EMPTY = Buffer.alloc(0);

/** What channels have not received again yet. */
const all = new WeakMap<Dispatcher<Transport>, Unread>();

class Unread {
  readonly #channel: Dispatcher<Transport>;
  readonly #standIns: StandIns;
  readonly #life: number;
  #rest: Buffer;

  constructor(channel: Dispatcher<Transport>, bytes: Buffer) {
    this.#channel = channel;
    this.#rest = bytes;
    this.#life = channel[life];
    this.#standIns = new StandIns(channel);
    this.#standIns.put('recv', (size: number) => {
      return this.#isOver() ? channel.recv(size) : this.take(integer(size, 'size'));
    });
    this.#standIns.put('recvInto', (view: ArrayBufferView) => {
      if (this.#isOver()) return channel.recvInto(view);
      const into = writableBytes(view, 'view');
      const piece = this.take(into.length);
      into.set(piece);
      return piece.length;
    });
    hold(channel, UNREAD);
  }

  /** What came by a connection that the channel has no longer is dropped. */
  #isOver(): boolean {
    const channel = this.#channel;
    if (channel[life] === this.#life && !channel[closed]) return false;
    this.#drop();
    return true;
  }

  #drop(): void {
    this.#rest = EMPTY;
    this.#standIns.remove();
    all.delete(this.#channel);
  }

  take(size: number): Buffer {
    if (this.#isOver()) return EMPTY;
    const piece = this.#rest.subarray(0, size);
    this.#rest = this.#rest.subarray(piece.length);
    if (piece.length > 0) progress.count++;
    // Its loop is to tell it of the rest.
    if (this.#rest.length > 0) {
      changed(this.#channel);
    } else {
      this.#drop();
      release(this.#channel, UNREAD);
    }
    return piece;
  }
}

export function receiveAgain(channel: Dispatcher<Transport>, bytes: Buffer): void {
  all.set(channel, new Unread(channel, bytes));
}

/** What a channel has not received again yet, for the next one who receives in its place. */
export function takeUnread(channel: Dispatcher<Transport>): Buffer {
  return all.get(channel)?.take(Infinity) ?? EMPTY;
}
