// Runs the processes of the differential test: the oracle under a Python that still has asyncore, and
// the library under this Node. Each reads and writes files of JSON lines.
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Outcome, Scenario } from './scenario.ts';

const here = (name: string) => fileURLToPath(new URL(name, import.meta.url));

/** More FIFOs than any scenario uses. */
const FIFOS = 32;

/** Without parking, and with everything parked that can be. */
const LIBRARY: readonly { parkFrom: string; ways: readonly string[] }[] = [
  { parkFrom: 'Infinity', ways: ['sync', 'count', 'loop'] },
  { parkFrom: '0', ways: ['syncLoop', 'loop'] },
];
const BACKENDS = ['select', 'poll'];

/** A Python that can import asyncore and asynchat (removed in 3.12). */
export function findPython(): string | undefined {
  const names = ['python3', ...[11, 10, 9, 8].map((minor) => `python3.${minor}`), '/usr/bin/python3'];
  return [...(process.env['PYTHON'] ? [process.env['PYTHON']] : []), ...names].find((name) => {
    try {
      execFileSync(name, ['-W', 'ignore', '-c', 'import asyncore, asynchat'], { stdio: 'ignore' });
      return true;
    } catch {
      return false;
    }
  });
}

function run(command: string, args: readonly string[], environment: Record<string, string> = {}): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      env: { ...process.env, ...environment },
      stdio: ['ignore', 'ignore', 'pipe'],
      timeout: 600_000,
    });
    let errors = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      errors += text;
    });
    child.on('error', reject);
    child.on('close', (code, signal) => {
      if (code === 0) resolve();
      else reject(new Error(`${command} ${args.join(' ')} ended with ${signal ?? code}\n${errors}`));
    });
  });
}

function readOutcomes(path: string): Outcome[] {
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line): Outcome => JSON.parse(line));
}

/** A new folder with FIFOs in it. */
function newFolder(folder: string, name: string): string {
  const path = join(folder, name);
  mkdirSync(path);
  execFileSync(
    'mkfifo',
    Array.from({ length: FIFOS }, (_, i) => join(path, `fifo${i}`)),
  );
  return path;
}

let batches = 0;

/** Plays the scenarios in every arm; `settle` is how many seconds TCP gets to deliver. */
export async function playAll(
  python: string,
  scenarios: readonly Scenario[],
  folder: string,
  settle: number,
): Promise<{ oracle: Outcome[]; library: Outcome[] }> {
  const batch = String(++batches);
  const source = join(folder, `${batch}.scenarios`);
  writeFileSync(source, scenarios.map((scenario) => `${JSON.stringify(scenario)}\n`).join(''));
  const oracle = join(folder, `${batch}.oracle`);
  await run(
    python,
    ['-W', 'ignore', here('oracle.py'), source, newFolder(folder, `${batch}-oracle`), `${settle}`, oracle],
    {
      PYTHONDONTWRITEBYTECODE: '1',
    },
  );
  const parts = LIBRARY.map(async ({ parkFrom, ways }) => {
    const out = join(folder, `${batch}.park-${parkFrom}`);
    const arms = ways.flatMap((way) => BACKENDS.map((backend) => `${backend} ${way}`));
    const place = newFolder(folder, `${batch}-park-${parkFrom}`);
    await run(
      process.execPath,
      ['--import', 'tsx', here('runner.ts'), source, place, `${settle}`, out, oracle, ...arms],
      {
        ASYNCORE_PARK_FROM: parkFrom,
      },
    );
    // The arm's name starts with which of the two it was.
    return readOutcomes(out).map((outcome) => ({
      ...outcome,
      arm: outcome.arm.replace(' ', parkFrom === '0' ? ' parked ' : ' '),
    }));
  });
  return { oracle: readOutcomes(oracle), library: (await Promise.all(parts)).flat() };
}
