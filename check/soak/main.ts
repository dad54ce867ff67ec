// npm run check soak [-- --minutes 2 --backend poll --connections 5000]: thousands of connections that
// come, echo and go, for minutes: no byte lost, changed or out of order, memory flat after the
// warm-up, descriptors back to the start. Then a run with a server at its limit of descriptors.
import Table from 'cli-table3';
import { copyAddon } from '../addon.ts';
import { readOptions } from '../options.ts';
import { type Plan, type Result, runPlan } from './run.ts';

const { values } = readOptions({
  options: {
    minutes: { type: 'string', default: '2' },
    backend: { type: 'string', default: 'poll' },
    connections: { type: 'string', default: '5000' },
  },
});
const seconds = Math.max(8, Number(values.minutes) * 60);
if (!Number.isFinite(seconds)) throw new Error(`${values.minutes} is not a number of minutes`);
const backend = values.backend === 'select' ? 'select' : 'poll';

const PLANS: readonly Plan[] = [
  { name: 'load', idle: 0, active: Number(values.connections), leaving: true, seconds, backend, limit: 20_000 },
  // The server has descriptors for these and hardly one more.
  { name: 'limit', idle: 9000, active: 50, leaving: false, seconds: Math.min(seconds, 30), backend, limit: 9120 },
];

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

process.env['ASYNCORE_PREBUILD'] = copyAddon();
const results: Result[] = [];
for (const plan of PLANS) results.push(await runPlan(plan, (line) => process.send?.(line)));
const failures = results.flatMap(({ plan, failures }) => failures.map((failure) => `${plan.name}: ${failure}`));
for (const failure of failures.slice(0, 40)) console.log(`FAILED ${failure}`);
console.log(tableOf(results));
console.log(`soak: ${failures.length} failures`);
process.exitCode = failures.length > 0 ? 1 : 0;
