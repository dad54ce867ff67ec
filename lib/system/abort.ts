// Signals that end something early, also those of another realm, or of a polyfill.
import { invalidType } from './errors.ts';
import { throwLater } from './later.ts';

/** Throws unless `value` is an AbortSignal that can be listened to. */
export function checkSignal(value: unknown, name: string): void {
  if (typeof value === 'object' && value !== null && 'aborted' in value) {
    if (hasMethod(value, 'addEventListener') && hasMethod(value, 'removeEventListener')) return;
  }
  throw invalidType(name, 'an instance of AbortSignal', value);
}

function hasMethod(value: object, name: string): boolean {
  return typeof Reflect.get(value, name) === 'function';
}

/** Why it was aborted, or why that cannot be said. */
export function reasonOf(signal: AbortSignal | undefined): unknown {
  try {
    return signal?.reason;
  } catch (error) {
    return error;
  }
}

/** It is over, whatever the signal's own method throws. */
export function stopListening(signal: AbortSignal | undefined, listener: () => void): void {
  try {
    signal?.removeEventListener('abort', listener);
  } catch (error) {
    throwLater(error);
  }
}
