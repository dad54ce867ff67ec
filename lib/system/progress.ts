// Counts progress: every successful transfer and accept of a Socket or FileWrapper. A handler that
// leaves the count unchanged did nothing about its event.
import { check } from './errors.ts';

export const progress = { count: 0 };

/** Returns the number of bytes that a transfer moved, and counts it; throws if it is -errno. */
export function moved(result: number, syscall: string): number {
  if (result > 0) progress.count++;
  return check(result, syscall);
}
