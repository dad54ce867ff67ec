// Runs the microbenchmarks with tinybench, one after the other, and reports each result as it comes.
import { Bench } from 'tinybench';
import { say } from './messages.ts';
import { consultTasks } from './micro_consult.ts';
import { passTasks } from './micro_passes.ts';
import type { MicroTask, Prepared } from './micro_tasks.ts';
import { transferTasks } from './micro_transfer.ts';
import { numberOption, option } from './options.ts';

interface Timing {
  median: number;
  low: number;
  high: number;
}

async function time(task: MicroTask, prepared: Prepared): Promise<Timing> {
  const milliseconds = numberOption('seconds', 0.5) * 1000;
  const bench = new Bench({ time: milliseconds, warmupTime: milliseconds / 2, throws: true });
  const options = {
    // Given explicitly: to find it out, tinybench would call run() once without awaiting it.
    async: prepared.async === true,
    ...(prepared.before === undefined ? {} : { beforeEach: () => prepared.before?.() }),
    ...(prepared.after === undefined ? {} : { afterEach: () => prepared.after?.() }),
  };
  bench.add(task.name, () => prepared.run(), options);
  const [done] = await bench.run();
  const result = done?.result;
  if (result?.state !== 'completed') throw new Error(`${task.name} did not complete`);
  const scale = (task.unit === 'µs' ? 1e3 : 1e6) / task.times;
  const { p50, min, p75 } = result.latency;
  return { median: p50 * scale, low: min * scale, high: p75 * scale };
}

async function measure(task: MicroTask): Promise<void> {
  const prepared = task.prepare();
  try {
    const { name, title, unit } = task;
    say({ micro: true, name, title, unit, ...(await time(task, prepared)) });
  } finally {
    prepared.close();
  }
}

const wanted = option('only', '');
const tasks = [...passTasks, ...consultTasks, ...transferTasks].filter(({ name }) => name.includes(wanted));
say({ tasks: tasks.length });
for (const task of tasks) await measure(task);
say({ ok: true });
process.exit(0);
