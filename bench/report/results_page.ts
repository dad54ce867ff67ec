// docs/benchmarks.md: every figure that was measured, by workload.
import { metrics } from '../plan/metrics.ts';
import { workloads } from '../plan/workloads.ts';
import { type Ahead, whereOthersAreAhead } from './ahead.ts';
import { formatFigure, formatRatio } from './format.ts';
import { machineLine, markdownTable } from './markdown.ts';
import type { Results } from './results.ts';
import { type Table, tableOf, thrownAway } from './tables.ts';

function aheadLine({ workload, ours, theirs, by }: Ahead): string {
  const { word, better } = metrics[workload.primary];
  const [more, less] = better === 'higher' ? [theirs, ours] : [ours, theirs];
  if (!Number.isFinite(by)) return `- ${workload.title}: the ${word} of ${less} is below what can be measured.`;
  return `- ${workload.title}: ${more} has ${formatRatio(by)} times the ${word} of ${less}.`;
}

function aheadSection(results: Results): string {
  const ahead = whereOthersAreAhead(results);
  return ahead.length === 0 ? 'In none of the workloads below.' : ahead.map(aheadLine).join('\n');
}

function microSection(results: Results): string {
  if (results.micro.length === 0) return 'Not measured.';
  const rows = results.micro.map(({ title, median, low, high, unit }) => [
    title,
    `${formatFigure(median)} ${unit}`,
    `${formatFigure(low)}..${formatFigure(high)}`,
  ]);
  return markdownTable(['', 'median', 'spread'], rows);
}

function section(table: Table): string {
  return `### ${table.title}\n\n${markdownTable(table.head, table.rows)}\n\n${table.note}`;
}

function groups(results: Results): string {
  const names = [...new Set(workloads.map(({ group }) => group))];
  return names
    .map((group) => {
      const tables = workloads
        .filter((workload) => workload.group === group)
        .flatMap((workload) => tableOf(results, workload) ?? []);
      return tables.length === 0 ? '' : `## ${group}\n\n${tables.map(section).join('\n\n')}`;
    })
    .filter((text) => text !== '')
    .join('\n\n');
}

function thrownSection(results: Results): string {
  const lines = thrownAway(results);
  return lines.length === 0 ? 'None.' : lines.map((line) => `- ${line}`).join('\n');
}

/** The whole page; `chart` is the path of the picture, as seen from the page. */
export function resultsPage(results: Results, chart: string): string {
  return `# Benchmarks

Every figure on this page is generated from the results file that \`npm run bench\` writes. ${machineLine(results)}

A 2 in the column "× Node" means twice Node's figure: twice the requests per second, or twice the latency, CPU time or
memory; the line under each table says which direction is better. The load generator is a C program on a core of its own.
It compares every byte, and starts counting only once every connection has been served.

![All arms compared with Node, by workload](${chart})

To run it: \`npm run bench\` (everything, most of an hour), \`npm run bench -- --quick\` (under a minute),
\`npm run bench -- echo-100 pipes --arms poll,node\` (a selection), \`npm run bench -- --help\`.

## Where Node and libuv are ahead

Compared with the closest of the library's arms. The libuv arms are C programs on a loop of their own, without JavaScript.

${aheadSection(results)}

## Microbenchmarks

${microSection(results)}

${groups(results)}

## Runs that were thrown away

A run counts only if every connection was served and every byte was right; one that fails is tried once more.

${thrownSection(results)}
`;
}
