// npm run check ends: all ways in which a process or a worker thread can end while its loop waits.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { runCommand, TSX } from '../../test/support/child.ts';
import { copyAddon } from '../addon.ts';
import { readOptions } from '../options.ts';
import { endProcesses, SUBJECT, WAYS } from './processes.ts';
import { endThreads } from './threads.ts';

/** A terminal that the program made non-blocking is as it was, however the program ended. */
async function endOnTerminals(): Promise<string[]> {
  const script = join(import.meta.dirname, 'terminal.py');
  const failures: string[] = [];
  for (const { name } of WAYS) {
    if (name === 'threads') continue;
    process.send?.(`${name} on a terminal`);
    const args = [script, name, process.execPath, ...TSX, SUBJECT, name, 'poll', 'terminal'];
    const { code, stdout, stderr } = await runCommand('python3', args, {}, 60);
    console.log(`${name} on a terminal: ${stdout.trim()}`);
    if (code !== 0) failures.push(`${name} on a terminal: ${stdout.trim()} ${stderr.trim()}`);
  }
  return failures;
}

/** The threads are those of another process: should one hang, that process does. */
async function endThreadsElsewhere(): Promise<string[]> {
  process.send?.('threads');
  const args = [...TSX, import.meta.filename, 'threads'];
  const { code, signal } = await runCommand(process.execPath, args, { stdio: 'inherit' }, 240);
  return code === 0 ? [] : [`the process with the threads ended with ${code ?? signal}`];
}

async function endAll(): Promise<string[]> {
  if (!existsSync(join(import.meta.dirname, '../../dist/index.js'))) throw new Error('npm run build comes first');
  process.env['ASYNCORE_PREBUILD'] = copyAddon();
  return [...(await endProcesses(3)), ...(await endOnTerminals()), ...(await endThreadsElsewhere())];
}

const isElsewhere = readOptions({ allowPositionals: true }).positionals[0] === 'threads';
const failures = isElsewhere ? await endThreads(500) : await endAll();
for (const failure of failures) console.log(`FAILED ${failure}`);
if (!isElsewhere) console.log(`ends: ${failures.length} failures`);
process.exitCode = failures.length > 0 ? 1 : 0;
