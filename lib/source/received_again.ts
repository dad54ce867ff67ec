// Hands a channel bytes that somebody else received in its place: its next calls of recv() get them, as if
// they came only now.
import type { Buffer } from 'node:buffer';
import type { Dispatcher } from '../dispatchers/dispatcher.ts';
import type { Transport } from '../dispatchers/transport.ts';
import { closed } from '../reactor/interest.ts';
import { deliver } from '../reactor/outside.ts';
import { bare, integer, writableBytes } from '../system/arguments.ts';
import { nextTick } from '../system/later.ts';

export function receiveAgain(channel: Dispatcher<Transport>, bytes: Buffer): void {
  let rest = bytes;
  const take = (size: number): Buffer => {
    const piece = rest.subarray(0, size);
    rest = rest.subarray(piece.length);
    if (rest.length === 0) for (const name of ['recv', 'recvInto']) Reflect.deleteProperty(channel, name);
    return piece;
  };
  const replace = (name: string, value: unknown) =>
    Object.defineProperty(channel, name, bare({ value, writable: true, configurable: true, enumerable: false }));
  replace('recv', (size: number) => take(integer(size, 'size')));
  replace('recvInto', (view: ArrayBufferView) => {
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
