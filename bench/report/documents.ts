// The documents that are generated from a results file, and where each of them goes.
import { readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { CHART, resultsFolder, root } from '../paths.ts';
import { chartSvg } from './chart.ts';
import { readmeBlock } from './readme_block.ts';
import type { Results } from './results.ts';
import { resultsPage } from './results_page.ts';
import { targetsPage } from './targets_page.ts';

const START = '<!-- benchmark:start -->';
const END = '<!-- benchmark:end -->';

export interface Document {
  path: string;
  text: string;
}

function readme(results: Results): Document {
  const path = join(root, 'README.md');
  const text = readFileSync(path, 'utf8');
  const start = text.indexOf(START);
  const end = text.indexOf(END);
  if (start < 0 || end < start) throw new Error(`${path} has no place for the benchmark's table`);
  const block = `${START}\n\n${readmeBlock(results)}\n\n`;
  return { path, text: text.slice(0, start) + block + text.slice(end) };
}

/** Everything that the repository says about the published results. */
export function documentsOf(results: Results): Document[] {
  const docs = join(root, 'docs');
  const chart = relative(docs, join(resultsFolder, CHART));
  return [
    { path: join(docs, 'benchmarks.md'), text: resultsPage(results, chart) },
    { path: join(root, 'bench', 'TARGETS.md'), text: targetsPage(results) },
    readme(results),
  ];
}

/** The chart beside a results file, and the documents; for results kept elsewhere, latest.md beside it. */
export async function writeReport(folder: string, results: Results): Promise<void> {
  writeFileSync(join(folder, CHART), `${await chartSvg(results)}\n`);
  const isPublished = folder === resultsFolder;
  const documents = isPublished
    ? documentsOf(results)
    : [{ path: join(folder, 'latest.md'), text: resultsPage(results, CHART) }];
  for (const { path, text } of documents) writeFileSync(path, text);
}
