// `npm run bench:report`: makes the report, the chart, docs/benchmarks.md and the README's table
// from bench/results/latest.json. A run does the same for its own folder.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { chartSvg } from './chart.ts';
import { fullReport, readmeBlock } from './markdown.ts';
import { resultsFolder, root } from './paths.ts';
import { type Results, readResults } from './results.ts';

const START = '<!-- benchmark:start -->';
const END = '<!-- benchmark:end -->';

/** latest.md and latest.svg beside a results file. */
export async function writeReport(folder: string, results: Results): Promise<void> {
  writeFileSync(join(folder, 'latest.svg'), `${await chartSvg(results)}\n`);
  writeFileSync(join(folder, 'latest.md'), fullReport(results, 'latest.svg'));
}

function updateReadme(results: Results): void {
  const path = join(root, 'README.md');
  if (!existsSync(path)) return;
  const text = readFileSync(path, 'utf8');
  const start = text.indexOf(START);
  const end = text.indexOf(END);
  if (start < 0 || end < start) return;
  const block = `${START}\n\n${readmeBlock(results)}\n\n${END}`;
  writeFileSync(path, text.slice(0, start) + block + text.slice(end + END.length));
}

/** docs/benchmarks.md and the README's table, from the results that are kept. */
export function writeDocuments(results: Results): void {
  const docs = join(root, 'docs');
  const chart = relative(docs, join(resultsFolder, 'latest.svg'));
  writeFileSync(join(docs, 'benchmarks.md'), fullReport(results, chart));
  updateReadme(results);
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === import.meta.filename) {
  const results = readResults(join(resultsFolder, 'latest.json'));
  await writeReport(resultsFolder, results);
  writeDocuments(results);
}
