// Hands a channel bytes that somebody else received in its place: its next calls of recv() get them, as if
// they came only now.
import { Buffer } from 'node:buffer';
import type { Dispatcher } from '../dispatchers/dispatcher.ts';
import type { Transport } from '../dispatchers/transport.ts';
import { closed } from '../reactor/interest.ts';
import { deliver } from '../reactor/outside.ts';
import { integer, writableBytes } from '../system/arguments.ts';
import { nextTick } from '../system/later.ts';
import { StandIns } from './stand_ins.ts';

const EMPTY = Buffer.alloc(0);

/** Takes up to so many bytes of what a channel has yet to receive again. */
const takers = new WeakMap<Dispatcher<Transport>, (size: number) => Buffer>();

export function receiveAgain(channel: Dispatcher<Transport>, bytes: Buffer): void {
  let rest = bytes;
  const standIns = new StandIns(channel);
  const take = (size: number): Buffer => {
    const piece = rest.subarray(0, size);
    rest = rest.subarray(piece.length);
    if (rest.length === 0) {
      standIns.remove();
      takers.delete(channel);
    }
    return piece;
  };
  takers.set(channel, take);
  standIns.put('recv', (size: number) => take(integer(size, 'size')));
  standIns.put('recvInto', (view: ArrayBufferView) => {
    const into = writableBytes(view, 'view');
    const piece = take(into.length);
    into.set(piece);
    return piece.length;
  });
  // Whoever gives them has not finished yet.
  nextTick(() => {
    for (let before = Infinity; rest.length > 0 && rest.length < before && !channel[closed]; ) {
      before = rest.length;
      deliver(channel, () => channel.handleRead());
    }
  });
}

/** What a channel has not received again yet, for the next one who receives in its place. */
export function takeUnread(channel: Dispatcher<Transport>): Buffer {
  return takers.get(channel)?.(Infinity) ?? EMPTY;
}
