// Joins what was pushed between cork() and uncork(), so that it leaves in one send: of two small
// segments in a row, TCP holds back the second until the peer has confirmed the first.
import { Buffer } from 'node:buffer';
import { types } from 'node:util';
import type { Fifo } from '../dispatchers/fifo.ts';
import type { FifoEntry } from './chat_output.ts';

/** Joins neighbours from the `index`th entry on, until each is at least `size` bytes. */
export function joinFrom(fifo: Fifo<FifoEntry>, index: number, size: number): void {
  if (fifo.length - index < 2) return;
  let run: Uint8Array[] = [];
  let length = 0;
  const flush = () => {
    for (const piece of joined(run)) fifo.push(piece);
    run = [];
    length = 0;
  };
  for (const entry of fifo.takeFrom(index)) {
    if (types.isUint8Array(entry)) {
      run.push(entry);
      length += entry.length;
      if (length >= size) flush();
    } else {
      flush();
      fifo.push(entry);
    }
  }
  flush();
}

function joined(pieces: Uint8Array[]): Uint8Array[] {
  if (pieces.length < 2) return pieces;
  try {
    return [Buffer.concat(pieces)];
  } catch {
    // There is no memory for it: they leave one by one.
    return pieces;
  }
}
