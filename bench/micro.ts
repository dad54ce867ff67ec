// `npm run bench:micro`: runs the microbenchmarks in a process on the server's core and shows them.
// --help lists the options.
import { join } from 'node:path';
import { orExplain, parse, positive } from './command_line.ts';
import { prepare } from './harness/build.ts';
import { leaveServerCore, onServerCore } from './harness/cores.ts';
import { Launched } from './harness/launch.ts';
import { Progress } from './harness/progress.ts';
import { RESULTS, resultsFolder } from './paths.ts';
import { writeReport } from './report/documents.ts';
import { formatFigure } from './report/format.ts';
import { type MicroResult, microResult, readResults, writeResults } from './report/results.ts';
import { printTable } from './report/terminal.ts';

const usage = `npm run bench:micro -- [options]

  --only TEXT      only those with TEXT in their name, e.g. "recv" or "pass-0"
  --seconds S      how long each is sampled (0.5)
  --keep           put them into bench/results, and regenerate the documents
  --no-build       use what is built as it is`;

/** Seconds to wait for the next result. */
const PATIENCE = 60;

interface Settings {
  only: string;
  seconds: number;
  keep: boolean;
  build: boolean;
  help: boolean;
}

function readSettings(): Settings {
  const { values } = parse({
    options: {
      only: { type: 'string', default: '' },
      seconds: { type: 'string' },
      keep: { type: 'boolean', default: false },
      'no-build': { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const { only, keep, help } = values;
  return { only, seconds: positive('seconds', values.seconds, 0.5), keep, build: !values['no-build'], help };
}

async function run(programs: string, { seconds, only }: Settings): Promise<MicroResult[]> {
  const options = ['--seconds', String(seconds), '--only', only];
  const program = new Launched(onServerCore([process.execPath, join(programs, 'micro.js'), ...options]));
  const { tasks } = await program.message('tasks', PATIENCE);
  const estimate = seconds * 1.7 + 0.1;
  const progress = new Progress(Number(tasks), Number(tasks) * estimate);
  const results: MicroResult[] = [];
  while (results.length < Number(tasks)) {
    const result = microResult(await program.message('micro', PATIENCE));
    results.push(result);
    progress.begin(result.title);
    progress.advance(estimate);
  }
  progress.stop();
  await program.end();
  return results;
}

function show(micro: readonly MicroResult[]): void {
  printTable({
    title: 'Microbenchmarks',
    note: 'The median of all samples, the shortest one, and what three quarters of them stay below.',
    head: ['', 'median', 'shortest', '75 %', ''],
    rows: micro.map(({ title, unit, median, low, high }) => [
      title,
      formatFigure(median),
      formatFigure(low),
      formatFigure(high),
      unit,
    ]),
  });
}

async function main(): Promise<void> {
  const settings = orExplain('npm run bench:micro', readSettings);
  if (settings.help) {
    console.log(usage);
    return;
  }
  const { programs } = prepare(settings.build);
  leaveServerCore();
  const micro = await run(programs, settings);
  show(micro);
  if (!settings.keep) return;
  const file = join(resultsFolder, RESULTS);
  writeResults(file, { ...readResults(file), micro });
  await writeReport(resultsFolder, readResults(file));
}

await main();
