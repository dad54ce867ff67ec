// How long a loop looks on before it sleeps.
import { expect, test } from 'vitest';
import { Spin } from '../../lib/reactor/spin.ts';

/** A Spin after so many short waits. */
function after(shortWaits: number): Spin {
  const spin = new Spin();
  for (let i = 0; i < shortWaits; i++) {
    spin.goesOn(1);
    spin.end(() => 1 + 10e-6);
  }
  return spin;
}

test('it looks on only after three waits in a row that were short', () => {
  expect(after(2).goesOn(2)).toBe(false);
  const spin = after(3);
  expect(spin.goesOn(2)).toBe(true);
  spin.end(() => 2.5);
  expect(spin.goesOn(3)).toBe(false);
});

test('it looks on for 50 microseconds, and then not again until waits are short', () => {
  const spin = after(3);
  expect([0, 49e-6, 51e-6, 60e-6].map((later) => spin.goesOn(2 + later))).toEqual([true, true, false, false]);
  spin.end(() => 2 + 70e-6);
  expect(spin.goesOn(3)).toBe(false);
});
