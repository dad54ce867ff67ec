// npm run coverage [-- arguments of vitest]: which lines of lib/ and of native/ the tests reach. Runs the
// suite once, with the addon built for gcov; TypeScript is measured by V8. Fails below the percentages.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { ROOT } from '../../test/support/child.ts';
import { buildAddon, run, temporaryFolder } from '../addon.ts';

/** The least percentage of lines. */
const LEAST = { 'lib (TypeScript)': 98, 'native (C++)': 95 };
const FOLDER = 'build-coverage';

interface Lines {
  /** By file: how often each of its lines ran. */
  readonly files: Map<string, Map<number, number>>;
}

interface Gcov {
  readonly files: readonly {
    readonly file: string;
    readonly lines: readonly { line_number: number; count: number }[];
  }[];
}

/** The files that processes have written their counters to. */
function counters(): string[] {
  const build = join(ROOT, FOLDER, 'build');
  if (!existsSync(build)) return [];
  const names = readdirSync(build, { encoding: 'utf8', recursive: true });
  return names.filter((name) => name.endsWith('.gcda')).map((name) => join(build, name));
}

/** What gcov knows of native/: a line of a header counts if it ran in any of the sources. */
function native(): Lines {
  const files = new Map<string, Map<number, number>>();
  const names = counters();
  if (names.length === 0) throw new Error('no process has written what it ran');
  for (const name of names) {
    const text = run('gcov', ['--json-format', '--stdout', name]);
    const result: Gcov = JSON.parse(text);
    for (const { file, lines } of result.files) {
      const path = relative(ROOT, file);
      if (!path.startsWith('native/')) continue;
      const counts = files.get(path) ?? new Map<number, number>();
      files.set(path, counts);
      for (const { line_number: line, count } of lines) counts.set(line, (counts.get(line) ?? 0) + count);
    }
  }
  return { files };
}

interface Istanbul {
  readonly [file: string]: {
    readonly statementMap: Readonly<Record<string, { start: { line: number } }>>;
    readonly s: Readonly<Record<string, number>>;
  };
}

/** What V8 knows of lib/: a line is where a statement begins. */
function typescript(report: string): Lines {
  const found: Istanbul = JSON.parse(readFileSync(report, 'utf8'));
  const files = new Map<string, Map<number, number>>();
  for (const [file, { statementMap, s }] of Object.entries(found)) {
    const counts = new Map<number, number>();
    for (const [id, { start }] of Object.entries(statementMap)) {
      counts.set(start.line, Math.max(counts.get(start.line) ?? 0, s[id] ?? 0));
    }
    files.set(relative(ROOT, file), counts);
  }
  return { files };
}

/** Prints the lines that did not run: the percentage of those that did. */
function show({ files }: Lines): number {
  let [all, ran] = [0, 0];
  for (const [file, counts] of [...files].toSorted()) {
    const missing = [...counts].filter(([, count]) => count === 0).map(([line]) => line);
    all += counts.size;
    ran += counts.size - missing.length;
    if (missing.length > 0) console.log(`${file}: ${missing.toSorted((a, b) => a - b).join(' ')}`);
  }
  return (100 * ran) / all;
}

process.send?.('building');
for (const name of counters()) rmSync(name);
buildAddon(FOLDER, `--coverage -O0 -g -fprofile-update=atomic -include ${join(ROOT, 'check/coverage/dump.h')}`);
const reports = temporaryFolder();
const { status } = spawnSync(
  process.execPath,
  [
    'node_modules/vitest/vitest.mjs',
    'run',
    '--config=check/coverage/vitest_config.ts',
    '--root=.',
    '--coverage.enabled',
    // What ran is shown all the same.
    '--coverage.reportOnFailure',
    '--coverage.provider=v8',
    '--coverage.include=lib/**/*.ts',
    '--coverage.reporter=json',
    `--coverage.reportsDirectory=${reports}`,
    ...process.argv.slice(2),
  ],
  { cwd: ROOT, env: { ...process.env, ASYNCORE_PREBUILD: join(ROOT, FOLDER) }, stdio: 'inherit' },
);
if (status !== 0) process.exitCode = 1;

const measured = {
  'lib (TypeScript)': typescript(join(reports, 'coverage-final.json')),
  'native (C++)': native(),
};
for (const [name, least] of Object.entries(LEAST)) {
  const lines = Object.entries(measured).find(([key]) => key === name)?.[1];
  if (lines === undefined) continue;
  const percent = show(lines);
  console.log(`${name}: ${percent.toFixed(1)} % of lines ran, at least ${least} % should`);
  if (percent < least) process.exitCode = 1;
}
