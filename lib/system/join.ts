// Joins the pieces of a message as they age: a line that comes a byte at a time would otherwise cost a
// Buffer for every byte.
import { Buffer } from 'node:buffer';

/** Join when there are this many new pieces. */
export const FEW = 64;
/** Bytes. Pieces of this size are never copied again. */
const LARGE = 1 << 12;

/**
 * Joins the FEW newest of `pieces`, and with them older ones that are not much larger: what is left grows in
 * size from new to old, so that it is few, and no byte is copied often.
 */
export function joinNewest(pieces: Uint8Array[]): void {
  const { length } = pieces;
  let from = length;
  let total = 0;
  for (; from > 0; from--) {
    const size = pieces[from - 1]?.length ?? LARGE;
    if (size >= LARGE || (length - from >= FEW && size > 2 * total)) break;
    total += size;
  }
  if (length - from < 2) return;
  let joined: Buffer;
  try {
    joined = join(pieces.slice(from), total);
  } catch {
    // There is no memory to save memory with.
    return;
  }
  pieces.splice(from, length - from, joined);
}

function join(pieces: readonly Uint8Array[], total: number): Buffer {
  // Not from Node's pool, all of which a piece that stays would keep.
  const joined = Buffer.allocUnsafeSlow(total);
  let at = 0;
  for (const piece of pieces) {
    joined.set(piece, at);
    at += piece.length;
  }
  return joined;
}
