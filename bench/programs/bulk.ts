// What every reader of the bulk transfer does with a piece: it checks the first and last byte
// against what was written, and counts. See native/bulk.h for the bytes.
import { constants, openSync } from 'node:fs';
import { fail, finish } from './messages.ts';
import { option } from './options.ts';

const PERIOD = 65521;
const INHERITED_FD = 3;

let total = 0;
let began = 0;
let cpu: NodeJS.CpuUsage = process.cpuUsage();

function expected(offset: number): number {
  const i = offset % PERIOD;
  return (i * 7 + (i >> 8)) & 0xff;
}

export function received(piece: Uint8Array, length = piece.length): void {
  if (length === 0) return;
  if (total === 0) {
    began = performance.now();
    cpu = process.cpuUsage();
  }
  const last = total + length - 1;
  if (piece[0] !== expected(total) || piece[length - 1] !== expected(last)) {
    fail('the bytes read are not those that were written');
  }
  total = last + 1;
}

export function ended(): void {
  finish(total, (performance.now() - began) / 1000, process.cpuUsage(cpu));
}

/** The FIFO's path, or null where descriptor 3 is read. */
export const fifo: string | null = option('path', '') || null;

/** The descriptor to read from, non-blocking if it is opened here. */
export function openInput(): number {
  return fifo === null ? INHERITED_FD : openSync(fifo, constants.O_RDONLY | constants.O_NONBLOCK);
}
