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

const folder = mkdtempSync(join(tmpdir(), 'asyncore-ends-'));
process.once('exit', () => rmSync(folder, { recursive: true }));
process.env['ASYNCORE_PREBUILD'] = copyAddon(folder);
const [times = '500'] = process.argv.slice(2);
if (!existsSync(join(import.meta.dirname, '../../dist/index.js')))
  throw new Error('build the library first: npm run build');
const failures = [...(await endProcesses(3)), ...endOnTerminals(), ...(await endThreads(Number(times)))];
for (const failure of failures) console.log(`FAILED ${failure}`);
console.log(`ends: ${failures.length} failures`);
process.exitCode = failures.length > 0 ? 1 : 0;
