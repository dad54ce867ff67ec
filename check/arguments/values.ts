// One hostile value, by chance, and values in words.
import { MORE_HOSTILE } from '../../test/support/hostile_values.ts';
import type { Random } from '../../test/support/random.ts';

export function hostile(random: Random): unknown {
  return random.pick(MORE_HOSTILE)?.();
}

/** What a call was made with, in words. */
export function show(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.slice(0, 20));
  if (typeof value === 'bigint') return `${value}n`;
  if (Object.is(value, -0)) return '-0';
  if (typeof value === 'object' || typeof value === 'function') return value === null ? 'null' : typeof value;
  return String(value);
}
