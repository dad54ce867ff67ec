// The library's clock: the addon's, because programs replace those of JavaScript (fake timers).
import { native } from './native.ts';

/** Seconds on a clock that never goes back. */
export const now: () => number = native.now;
