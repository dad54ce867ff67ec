// The frames of the soak: length, number and checksum (32 bits each), then 1 to 16,384 bytes. The
// bytes are slices of one block that both processes make alike, so that every byte can be compared.
import { crc32 } from 'node:zlib';

export const HEADER = 12;
export const MOST = 16_384;
const BLOCK = 1 << 20;

function block(): Buffer {
  const bytes = Buffer.allocUnsafe(BLOCK + MOST);
  let state = 12345;
  for (let i = 0; i < bytes.length; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[i] = state >>> 24;
  }
  return bytes;
}

const BYTES = block();

/** A frame with bytes of its own. */
export function randomFrame(number: number): Buffer {
  // As many short ones as long ones: the length is spread evenly over its magnitudes.
  const length = Math.max(1, Math.min(MOST, Math.floor(2 ** (Math.random() * 14.2))));
  const at = Math.floor(Math.random() * BLOCK);
  const frame = Buffer.allocUnsafe(HEADER + length);
  BYTES.copy(frame, HEADER, at, at + length);
  frame.writeUInt32LE(length, 0);
  frame.writeUInt32LE(number, 4);
  frame.writeUInt32LE(crc32(frame.subarray(HEADER)), 8);
  return frame;
}

/** The length that a header announces. */
export function lengthOf(header: Buffer): number {
  const length = header.readUInt32LE(0);
  if (length < 1 || length > MOST) throw new Error(`a frame of ${length} bytes`);
  return length;
}

export function checkFrame(header: Buffer, payload: Buffer, number: number): void {
  if (header.readUInt32LE(4) !== number) throw new Error(`frame ${header.readUInt32LE(4)} instead of ${number}`);
  if (header.readUInt32LE(8) !== crc32(payload)) throw new Error(`frame ${number} has changed`);
}
