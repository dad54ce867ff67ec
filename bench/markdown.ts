// The results as Markdown: the README's short table, and the whole report.
import { formatRatio, metrics } from './metrics.ts';
import type { Results } from './results.ts';
import { ratio } from './statistics.ts';
import { type Table, tableOf, thrownAway } from './tables.ts';
import { checkTargets, whereOthersAreAhead } from './verdict.ts';
import { type Workload, workloads } from './workloads.ts';

function row(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const rule = head.map((_, column) => (column === 0 ? '---' : '---:'));
  return [row(head), row(rule), ...rows.map(row)].join('\n');
}

function machineLine({ machine, settings, date }: Results): string {
  const { processor, memory, system, node, libuv, python, library, pinning } = machine;
  return (
    `Measured on ${date.slice(0, 10)}: ${processor}, ${memory}, ${system}, Node ${node} (libuv ${libuv}), ${python}, ` +
    `library ${library}; pinning: ${pinning}. ` +
    `${settings.repetitions} repetitions of ${settings.seconds} s, interleaved and shuffled; ratios are medians of ratios ` +
    'paired by repetition.'
  );
}

/** A ratio as people read it: for latencies, CPU and memory less is better. */
function cell(results: Results, workload: Workload, arm: string, against: string): string {
  const value = ratio(results.runs, workload.name, arm, against, workload.primary);
  return value === null ? '' : `${formatRatio(value.median)}×`;
}

const shortList = [
  'echo-10',
  'echo-100',
  'echo-1000',
  'echo-5000',
  'echo-16k',
  'idle-1',
  'idle-100',
  'random',
  'pipes-1000-1000',
  'pipes-5000-1',
  'fifo',
  'churn',
  'lines',
];

/** The README's table: requests per second of the library's poll arm as a multiple of the others'. */
export function readmeBlock(results: Results): string {
  const rows = shortList.flatMap((name) => {
    const workload = workloads.find((candidate) => candidate.name === name);
    if (workload === undefined) return [];
    const cells = ['node', 'libuv', 'c-poll', 'python'].map((arm) => cell(results, workload, 'poll', arm));
    return cells.every((text) => text === '') ? [] : [[workload.title, ...cells]];
  });
  const head = [
    'poll backend, throughput',
    'against Node',
    'against libuv in C',
    'against raw C poll()',
    'against CPython',
  ];
  return `${markdownTable(head, rows)}\n\n${machineLine(results)}`;
}

function aheadSection(results: Results): string {
  const ahead = whereOthersAreAhead(results);
  if (ahead.length === 0) return 'In none of the workloads below.';
  return ahead
    .map(({ workload, ours, theirs, by }) => {
      const { word, better } = metrics[workload.primary];
      const more =
        better === 'higher' ? `${formatRatio(by)} times the ${word} of` : `${formatRatio(by)} times less ${word} than`;
      return `- ${workload.title}: ${theirs} has ${more} ${ours}.`;
    })
    .join('\n');
}

const verdicts = { aim: 'aim reached', floor: 'floor reached', missed: '**missed**', 'not measured': 'not measured' };

function targetSection(results: Results): string {
  const rows = checkTargets(results).map(({ target, measured, worst, verdict }) => {
    const sign = target.better === 'higher' ? '≥' : '≤';
    const against = target.against === undefined ? '' : target.against;
    return [
      target.work,
      against,
      measured === '' ? '' : `${measured} ${target.unit}`,
      `${sign} ${target.floor}`,
      `${sign} ${target.aim}`,
      verdicts[verdict],
      worst,
    ];
  });
  return markdownTable(['work', 'against', 'measured', 'floor', 'aim', '', 'worst of'], rows);
}

function microSection(results: Results): string {
  if (results.micro.length === 0) return 'Not measured.';
  const rows = results.micro.map(({ title, median, low, high, unit }) => [
    title,
    `${formatRatio(median)} ${unit}`,
    `${formatRatio(low)}..${formatRatio(high)}`,
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

/** The whole report; `chart` is the path of the picture, as seen from the file. */
export function fullReport(results: Results, chart: string): string {
  return `# Benchmarks

Made by \`npm run bench\` from its own results file, every figure of it. ${machineLine(results)}

A ratio of 2 in the column "× Node" is twice Node's figure: twice as many requests a second, or twice the latency, CPU or
memory; the line under each table says which way is better. The load generator is a C program on a core of its own that
compares every byte, and counts only after every connection was served once.

![Throughput against Node, by workload](${chart})

To run it: \`npm run bench\` (all, most of an hour), \`npm run bench -- --quick\` (under a minute),
\`npm run bench -- echo-100 pipes --arms poll,node\` (some), \`npm run bench -- --help\`.

## Where Node and libuv are ahead

Against the closest of the library's arms. The libuv arms are programs in C on a loop of their own, without JavaScript.

${aheadSection(results)}

## Targets

What counts is the worst of the workloads and backends that a target covers.

${targetSection(results)}

## Microbenchmarks

${microSection(results)}

${groups(results)}

## Runs that were thrown away

A run counts only when every connection was served and every byte was right; one that does not is tried once more.

${thrownSection(results)}
`;
}
