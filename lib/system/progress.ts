// Counts what moves: every transfer and accept of a Socket or FileWrapper that came to something. A
// handler after which the count is the same did nothing about its event.
import { check } from './errors.ts';

export const progress = { count: 0 };

/** The number of bytes that a transfer moved, counted; or the exception when it is -errno. */
export function moved(result: number, syscall: string): number {
  if (result > 0) progress.count++;
  return check(result, syscall);
}
