// npm run check fairness: how late timers are, and how long files take, beside a loop under full load;
// whether a channel that never reads starves the others; what an idle loop with 1,000 channels costs.
// A figure above its bound is measured again, up to five times: the machine may be busy. How late timers
// are without a loop, in a process that is never idle, is shown beside them and has no bound.
import Table from 'cli-table3';
import { besideImmediates, besidePingPong, drifts, idleness, readings, servings } from '../../test/support/fairness.ts';
import type { BackendName } from '../../test/support/matrix.ts';
import { quantile } from '../../test/support/time.ts';
import { readNumbers } from '../options.ts';

readNumbers({});
const BACKENDS: readonly BackendName[] = ['select', 'poll'];

interface Figure {
  readonly name: string;
  readonly unit: string;
  /** What the figure must stay below. */
  readonly bound: number;
  measure(backend: BackendName): Promise<number>;
}

const late = (pairs: number, share: number) => (backend: BackendName) =>
  besidePingPong(backend, pairs, async () => quantile(await drifts(200), share));

const FIGURES: readonly Figure[] = [
  {
    name: 'setTimeout(10) beside setImmediate alone, late at the 99th percentile',
    unit: 'ms',
    bound: Infinity,
    measure: () => besideImmediates(async () => quantile(await drifts(200), 0.99)),
  },
  { name: 'setTimeout(10) beside 1 ping-pong, late at the median', unit: 'ms', bound: 50, measure: late(1, 0.5) },
  {
    name: 'setTimeout(10) beside 1 ping-pong, late at the 99th percentile',
    unit: 'ms',
    bound: 50,
    measure: late(1, 0.99),
  },
  {
    name: 'setTimeout(10) beside 100 ping-pongs, late at the 99th percentile',
    unit: 'ms',
    bound: 50,
    measure: late(100, 0.99),
  },
  {
    name: 'fs.readFile beside 100 ping-pongs, at the 99th percentile',
    unit: 'ms',
    bound: 1000,
    measure: (backend) => besidePingPong(backend, 100, async () => quantile(await readings(200), 0.99)),
  },
  {
    name: 'passes of 1,000 in which one of 50 was not served beside one that never reads',
    unit: '',
    bound: 1,
    measure: async (backend) => 1000 - Math.min(...(await servings(backend, 50, 1000))),
  },
  {
    name: 'an idle loop with 1,000 channels, of one processor',
    unit: '%',
    bound: 1,
    measure: async (backend) => 100 * (await idleness(backend, 1000, 2)).share,
  },
];

const table = new Table({
  head: ['', ...BACKENDS, 'below'],
  colAligns: ['left', 'right', 'right', 'right'],
  style: { head: [], border: [] },
});
let failures = 0;

async function measured({ measure, bound }: Figure, backend: BackendName): Promise<number> {
  let figure = Infinity;
  for (let tries = 0; tries < 5 && !(figure < bound); tries++) figure = Math.min(figure, await measure(backend));
  return figure;
}

for (const each of FIGURES) {
  process.send?.(each.name);
  const cells: string[] = [];
  for (const backend of BACKENDS) {
    const figure = await measured(each, backend);
    if (!(figure < each.bound)) failures++;
    cells.push(`${figure.toFixed(each.unit === '' ? 0 : 2)} ${each.unit}`.trim());
  }
  table.push([each.name, ...cells, each.bound === Infinity ? '' : `${each.bound} ${each.unit}`.trim()]);
}

console.log(table.toString());
console.log(`fairness: ${failures === 0 ? 'no figure is' : `${failures} figures are`} above the bounds`);
process.exitCode = failures === 0 ? 0 : 1;
