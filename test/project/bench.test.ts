// The benchmark's commands explain a wrong command line in one line, and the pages that show its
// figures are what the generator makes of the results file.
import { readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, test } from 'vitest';
import { UsageError } from '../../bench/command_line.ts';
import { CHART, RESULTS, resultsFolder, root } from '../../bench/paths.ts';
import { chartSvg } from '../../bench/report/chart.ts';
import { documentsOf } from '../../bench/report/documents.ts';
import { readResults } from '../../bench/report/results.ts';
import { readSettings } from '../../bench/settings.ts';
import { runCommand } from '../support/child.ts';

describe('a wrong command line', () => {
  test.each([
    ['bench', 'run.ts', '--arms, --quick, --reps, '],
    ['bench:micro', 'micro.ts', '--only, --seconds, '],
    ['bench:report', 'report.ts', '--help'],
  ])(
    'of %s ends with one line that says what is known',
    async (script, program, known) => {
      const args = ['--import', 'tsx', join('bench', program), '--nonsense'];
      const { code, stdout, stderr } = await runCommand(process.execPath, args, {}, 60);
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(stderr).toContain(`npm run ${script}: Unknown option '--nonsense'; the options are ${known}`);
      expect(stderr.indexOf('\n'), stderr).toBe(stderr.length - 1);
    },
    60_000,
  );

  test.each([
    [['--arms'], "Option '--arms <value>' argument missing; the options are --arms, "],
    [['--quick=yes'], "Option '--quick' does not take an argument; the options are --arms, "],
    [['--reps', 'many'], "--reps takes a number above 0, not 'many'"],
    [['--seconds', 'Infinity'], "--seconds takes a number above 0, not 'Infinity'"],
    [['--arms', 'poll,pol'], "no arm 'pol'; there are poll, select, "],
    [['ech'], "no workload 'ech'; there are echo-1, "],
  ])('%j is explained', (args, wanted) => {
    expect(() => readSettings(args)).toThrow(UsageError);
    expect(() => readSettings(args)).toThrow(wanted);
  });
});

describe('generated from bench/results/latest.json', () => {
  const results = readResults(join(resultsFolder, RESULTS));
  const documents = documentsOf(results).map(({ path, text }) => ({ path: relative(root, path), text }));

  test('are these pages', () => {
    expect(documents.map(({ path }) => path)).toEqual(['docs/benchmarks.md', 'bench/TARGETS.md', 'README.md']);
  });

  test.each(documents)('$path is up to date', ({ path, text }) => {
    expect(readFileSync(join(root, path), 'utf8')).toBe(text);
  });

  test('the chart is up to date', async () => {
    expect(readFileSync(join(resultsFolder, CHART), 'utf8')).toBe(`${await chartSvg(results)}\n`);
  });

  test('the README has a row per workload, and says which side is faster', () => {
    const readme = documents.find(({ path }) => path === 'README.md')?.text ?? '';
    const block = readme.slice(readme.indexOf('benchmark:start'), readme.indexOf('benchmark:end'));
    expect(block).toContain('Above 1× this library is faster');
    expect(block.match(/^\| .*×/gm)?.length).toBeGreaterThan(8);
  });
});
