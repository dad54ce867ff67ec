// npm run check:ends: all ways in which a process or a worker thread can end while its loop waits.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { copyAddon } from '../addon.ts';
import { endProcesses, WAYS } from './processes.ts';
import { endThreads } from './threads.ts';

/** A terminal that the program made non-blocking is as it was, however the program ended. */
function endOnTerminals(): string[] {
  const [script, subject] = ['terminal.py', 'subject.ts'].map((name) => join(import.meta.dirname, name));
  const failures: string[] = [];
  for (const { name } of WAYS) {
    if (name === 'threads') continue;
    const args = [script ?? '', name, process.execPath, '--import', 'tsx', subject ?? '', name, 'poll', 'terminal'];
    const { status, stdout, stderr, error } = spawnSync('python3', args, { encoding: 'utf8', timeout: 60_000 });
    if (error) return [`python3, which provides the terminal, could not be run: ${error.message}`];
    console.log(`ends: ${name} on a terminal: ${stdout.trim()}`);
    if (status !== 0) failures.push(`${name} on a terminal: ${stdout.trim()} ${stderr.trim()}`);
  }
  return failures;
}

/** The threads are those of another process: should one hang, that process does. */
function endThreadsElsewhere(): string[] {
  const args = ['--import', 'tsx', import.meta.filename, 'threads'];
  const { status, signal } = spawnSync(process.execPath, args, {
    stdio: 'inherit',
    timeout: 240_000,
    killSignal: 'SIGKILL',
  });
  return status === 0 ? [] : [`the process with the threads ended with ${status ?? signal}`];
}

async function endAll(): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'asyncore-ends-'));
  process.env['ASYNCORE_PREBUILD'] = copyAddon(folder);
  try {
    return [...(await endProcesses(3)), ...endOnTerminals(), ...endThreadsElsewhere()];
  } finally {
    rmSync(folder, { recursive: true });
  }
}

if (!existsSync(join(import.meta.dirname, '../../dist/index.js'))) throw new Error('npm run build comes first');
const failures = process.argv[2] === 'threads' ? await endThreads(500) : await endAll();
for (const failure of failures) console.log(`FAILED ${failure}`);
if (process.argv[2] !== 'threads') console.log(`ends: ${failures.length} failures`);
process.exitCode = failures.length > 0 ? 1 : 0;
