// `npm run bench`: runs the workloads with the arms, interleaved and shuffled, shows a table for
// each, and saves every run. --help lists the options.
import { existsSync, mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { orExplain } from './command_line.ts';
import { prepare } from './harness/build.ts';
import { leaveServerCore } from './harness/cores.ts';
import { RunFailed } from './harness/launch.ts';
import { describeMachine, watchOthers } from './harness/machine.ts';
import { measure } from './harness/measure.ts';
import { Progress } from './harness/progress.ts';
import { RESULTS, root } from './paths.ts';
import { armsOf, type Planned, plan } from './plan/schedule.ts';
import { workloads } from './plan/workloads.ts';
import { writeReport } from './report/documents.ts';
import { mergeResults, type Results, readResults, writeResults } from './report/results.ts';
import { tableOf, thrownAway } from './report/tables.ts';
import { printTable } from './report/terminal.ts';
import { readSettings, type Settings, usage } from './settings.ts';

/** A run that was thrown away is tried once more. */
const TRIES = 2;
/** A run to be kept is spoilt if other work took more of a core than this. */
const SPOILT = 0.25;

async function runOne(
  planned: Planned,
  results: Results,
  settings: Settings,
  places: ReturnType<typeof prepare>,
): Promise<void> {
  const { workload, arm, repetition } = planned;
  const place = { workload: workload.name, arm: arm.name, repetition };
  // Each repetition chooses different connections, the same for every arm.
  const timing = { ...settings.timing, seed: settings.timing.seed + repetition };
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const others = watchOthers();
    try {
      const figures = await measure({ workload, arm, places, timing });
      const disturbed = others();
      const isLast = attempt + 1 === TRIES;
      if (settings.strict && disturbed > SPOILT && !isLast) {
        throw new RunFailed('other work took more than a quarter of a core');
      }
      results.runs.push({ ...place, disturbed, figures });
      return;
    } catch (error) {
      if (!(error instanceof RunFailed)) throw error;
      results.thrownAway.push({ ...place, reason: error.message });
    }
  }
}

async function runAll(settings: Settings): Promise<Results> {
  const places = prepare(settings.build);
  if (settings.binaries !== null) places.binaries = resolve(settings.binaries);
  const planned = plan(settings.workloads, settings.arms, places, settings.timing, settings.repetitions);
  const results: Results = {
    date: new Date().toISOString(),
    quick: settings.quick,
    settings: { ...settings.timing, repetitions: settings.repetitions },
    machine: describeMachine(root, places.python),
    runs: [],
    thrownAway: [],
    micro: [],
  };
  const total = planned.reduce((sum, { seconds }) => sum + seconds, 0);
  const progress = new Progress(planned.length, total);
  for (const run of planned) {
    // A quick run ends in time on a slow machine, too: what is skipped belongs to the last repetition.
    if (progress.elapsed + run.seconds > settings.budget) break;
    progress.begin(`${run.workload.name} · ${run.arm.name}`);
    await runOne(run, results, settings, places);
    progress.advance(run.seconds);
  }
  progress.stop();
  return results;
}

function list(settings: Settings): void {
  const places = { programs: '', binaries: '', pythonArms: '', python: 'python3' };
  for (const workload of workloads) {
    const arms = armsOf(workload, settings.arms, places).map(({ name }) => name);
    console.log(`${workload.name.padEnd(16)} ${workload.title}\n${' '.repeat(17)}${arms.join(' ')}`);
  }
}

async function save(results: Results, settings: Settings): Promise<void> {
  if (settings.out === null) {
    console.log('\nOnly a whole run goes into bench/results; --out FOLDER saves this one, too.');
    return;
  }
  const folder = resolve(settings.out);
  const file = join(folder, RESULTS);
  mkdirSync(folder, { recursive: true });
  const kept = settings.merge && existsSync(file) ? mergeResults(readResults(file), results) : results;
  writeResults(file, kept);
  // Read back, so that the pages are made from the figures as the file has them, rounded.
  await writeReport(folder, readResults(file));
  console.log(`\nSaved in ${folder}`);
}

async function main(): Promise<void> {
  const settings = orExplain('npm run bench', () => readSettings(process.argv.slice(2)));
  if (settings.help) {
    console.log(usage);
    return;
  }
  if (settings.list) {
    list(settings);
    return;
  }
  leaveServerCore();
  const results = await runAll(settings);
  for (const workload of workloads) {
    const table = tableOf(results, workload);
    if (table !== null) printTable(table);
  }
  for (const line of thrownAway(results)) console.log(`Thrown away: ${line}`);
  await save(results, settings);
}

await main();
