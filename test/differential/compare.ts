// Compares the library's traces with the oracle's and reports where they differ.
import type { Outcome, Scenario } from './scenario.ts';

export interface Difference {
  seed: number;
  arm: string;
  report: string;
}

/** How many lines to show before and after the first difference. */
const CONTEXT = 14;

/** The lines to compare: how often a sleeping loop asks its channels is not one of them. */
function comparable(trace: readonly string[], arm: string): string[] {
  return arm.endsWith(' loop') ? trace.filter((line) => !line.startsWith('? ')) : [...trace];
}

function report(scenario: Scenario, arm: string, expected: string[], actual: string[], at: number): string {
  const from = Math.max(0, at - CONTEXT);
  const excerpt = (trace: string[]) =>
    trace
      .slice(from, at + CONTEXT)
      .map((line, i) => `${from + i === at ? '>' : ' '} ${from + i} ${line}`)
      .join('\n');
  return [
    `seed ${scenario.seed}, ${arm}: line ${at} differs. Alone: ASYNCORE_SEED=${scenario.seed}`,
    JSON.stringify(scenario),
    '--- CPython',
    excerpt(expected),
    '--- the library',
    excerpt(actual),
  ].join('\n');
}

/** Where `actual` differs from `oracle`, one entry per run. */
export function differences(
  scenarios: readonly Scenario[],
  oracle: readonly Outcome[],
  actual: readonly Outcome[],
): Difference[] {
  const key = (seed: number, backend: string) => `${seed} ${backend}`;
  const expectations = new Map(oracle.map((outcome) => [key(outcome.seed, outcome.arm), outcome]));
  const bySeed = new Map(scenarios.map((scenario) => [scenario.seed, scenario]));
  return actual.flatMap(({ seed, arm, trace }) => {
    const scenario = bySeed.get(seed);
    const expectation = expectations.get(key(seed, arm.split(' ')[0] ?? ''));
    if (scenario === undefined || expectation === undefined) throw new Error(`nothing to compare seed ${seed} to`);
    const expected = comparable(expectation.trace, arm);
    const got = comparable(trace, arm);
    let at = 0;
    while (at < expected.length && expected[at] === got[at]) at++;
    if (at === expected.length && at === got.length) return [];
    return [{ seed, arm, report: report(scenario, arm, expected, got, at) }];
  });
}
