// npm run soak -- [--minutes 2 | --seconds n] [--backend select|poll]: thousands of connections that
// come, echo and go, for minutes: no byte lost, changed or out of order, memory flat after the
// warm-up, descriptors back to the start. Then a run with a server at its limit of descriptors.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import Table from 'cli-table3';
import { copyAddon } from '../addon.ts';
import { type Plan, type Result, runPlan } from './run.ts';

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '2' },
    seconds: { type: 'string' },
    backend: { type: 'string', default: 'poll' },
    connections: { type: 'string', default: '5000' },
  },
});
const seconds = Math.max(8, values.seconds === undefined ? Number(values.minutes) * 60 : Number(values.seconds));
if (!Number.isFinite(seconds))
  throw new Error('usage: npm run soak -- [--minutes 2 | --seconds n] [--backend select|poll]');
const backend = values.backend === 'select' ? 'select' : 'poll';

const PLANS: readonly Plan[] = [
  { name: 'load', idle: 0, active: Number(values.connections), leaving: true, seconds, backend, limit: 20_000 },
  // The server has descriptors for these and hardly one more.
  { name: 'limit', idle: 9000, active: 50, leaving: false, seconds: Math.min(seconds, 30), backend, limit: 9120 },
];

let shown = 0;
function show(line: string): void {
  if (process.stdout.isTTY) process.stdout.write(`\r\x1b[K${line}`);
  // Where output is kept, a line now and then.
  else if (performance.now() - shown > 10_000) console.log(line);
  else return;
  shown = performance.now();
}

function tableOf(results: readonly Result[]): string {
  const table = new Table({ head: ['', ...results.map(({ plan }) => plan.name)], style: { head: [], border: [] } });
  const row = (name: string, value: (result: Result) => string | number) =>
    table.push([name, ...results.map((result) => String(value(result)))]);
  row('connections', ({ plan }) => `${plan.idle} idle, ${plan.active} active`);
  row('seconds', ({ plan }) => plan.seconds);
  row('frames echoed and compared', ({ client }) => client.frames);
  row('MiB each way', ({ client }) => (client.bytes / 2 ** 20).toFixed(0));
  row('left by reset', ({ client }) => client.resets);
  row('left by half-close', ({ client }) => client.halfCloses);
  row('server, MiB in use', ({ used }) => used.map((value) => value.toFixed(1)).join(' → '));
  row('server, MiB resident', ({ resident }) => resident.map((value) => value.toFixed(0)).join(' → '));
  row('server, sockets', ({ sockets }) => sockets.join(' → '));
  row('failures', ({ failures }) => failures.length);
  return table.toString();
}

const folder = mkdtempSync(join(tmpdir(), 'asyncore-soak-'));
process.env['ASYNCORE_PREBUILD'] = copyAddon(folder);
const results: Result[] = [];
try {
  for (const plan of PLANS) {
    shown = 0;
    results.push(await runPlan(plan, show));
    if (process.stdout.isTTY) process.stdout.write('\n');
  }
} finally {
  rmSync(folder, { recursive: true });
}
for (const { plan, failures } of results) {
  for (const failure of failures.slice(0, 20)) console.log(`FAILED ${plan.name}: ${failure}`);
}
console.log(tableOf(results));
process.exitCode = results.some(({ failures }) => failures.length > 0) ? 1 : 0;
