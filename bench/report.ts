// `npm run bench:report`: regenerates the chart, docs/benchmarks.md, bench/TARGETS.md and the
// README's table from bench/results/latest.json, without measuring anything.
import { join } from 'node:path';
import { orExplain, parse } from './command_line.ts';
import { RESULTS, resultsFolder } from './paths.ts';
import { writeReport } from './report/documents.ts';
import { readResults } from './report/results.ts';

const usage = `npm run bench:report

Regenerates the chart, docs/benchmarks.md, bench/TARGETS.md and the README's table
from bench/results/latest.json.`;

const { values } = orExplain('npm run bench:report', () =>
  parse({ options: { help: { type: 'boolean', default: false } } }),
);

if (values.help) console.log(usage);
else await writeReport(resultsFolder, readResults(join(resultsFolder, RESULTS)));
