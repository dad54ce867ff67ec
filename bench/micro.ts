// `npm run bench:micro`: runs the microbenchmarks in a process on the server's core and shows them.
// --keep puts them into bench/results/latest.json, --only TEXT chooses by name.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { prepare } from './build.ts';
import { leaveServerCore, onServerCore } from './cores.ts';
import { Launched } from './launch.ts';
import { formatFigure } from './metrics.ts';
import { resultsFolder } from './paths.ts';
import { Progress } from './progress.ts';
import { writeDocuments, writeReport } from './report.ts';
import { type MicroResult, readResults, writeResults } from './results.ts';
import { printTable } from './terminal.ts';

const PATIENCE = 60;

async function run(programs: string, seconds: string, only: string): Promise<MicroResult[]> {
  const options = ['--seconds', seconds, '--only', only];
  const program = new Launched(onServerCore([process.execPath, join(programs, 'micro.js'), ...options]));
  const { tasks } = await program.message('tasks', PATIENCE);
  const estimate = Number(seconds) * 1.7 + 0.1;
  const progress = new Progress(Number(tasks), Number(tasks) * estimate);
  const results: MicroResult[] = [];
  while (results.length < Number(tasks)) {
    const { micro, title, unit, median, low, high } = await program.message('micro', PATIENCE);
    results.push({
      name: String(micro),
      title: String(title),
      unit: String(unit),
      median: Number(median),
      low: Number(low),
      high: Number(high),
    });
    progress.begin(String(title));
    progress.advance(estimate);
  }
  progress.stop();
  await program.end();
  return results;
}

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '0.5' },
    only: { type: 'string', default: '' },
    keep: { type: 'boolean', default: false },
    'no-build': { type: 'boolean', default: false },
  },
});

const { programs } = prepare(!values['no-build']);
leaveServerCore();
const micro = await run(programs, values.seconds, values.only);
printTable({
  title: 'Microbenchmarks',
  note: 'Median of all samples, the shortest one, and what three quarters of them stay below.',
  head: ['', 'median', 'shortest', '75 %', ''],
  rows: micro.map(({ title, unit, median, low, high }) => [
    title,
    formatFigure(median),
    formatFigure(low),
    formatFigure(high),
    unit,
  ]),
});

const file = join(resultsFolder, 'latest.json');
if (values.keep && existsSync(file)) {
  const results = { ...readResults(file), micro };
  writeResults(file, results);
  await writeReport(resultsFolder, results);
  writeDocuments(results);
}
