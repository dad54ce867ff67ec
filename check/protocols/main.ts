// npm run check protocols [-- --only text]: the examples of protocols at full size, by clients that nobody here
// wrote: 100 MB both ways by hash, load, a browser. A client that is not installed is named, and fails the check.
import { spawnSync } from 'node:child_process';
import { readOptions } from '../options.ts';
import { trials as forwarding } from './forwarding.ts';
import { trials as ftp } from './ftp.ts';
import { trials as http } from './http.ts';
import { trials as reusePort } from './reuse_port.ts';
import { trials as smtp } from './smtp.ts';

const { values } = readOptions({ options: { only: { type: 'string', default: '' } } });
const all = [...ftp, ...http, ...forwarding, ...smtp, ...reusePort];
const chosen = all.filter(({ name }) => name.toLowerCase().includes(values.only.toLowerCase()));
const isInstalled = (command: string) => spawnSync('sh', ['-c', 'command -v "$0"', command]).status === 0;

const missing = new Set<string>();
let notRun = 0;
let failures = 0;
for (const [i, { name, needs, run }] of chosen.entries()) {
  const absent = needs.filter((command) => !isInstalled(command));
  for (const command of absent) missing.add(command);
  if (absent.length > 0) {
    notRun++;
    console.log(`NOT RUN ${name}: ${absent.join(' and ')} is not installed`);
    continue;
  }
  process.send?.(`${i + 1}/${chosen.length} ${name}`);
  try {
    console.log(`${name}: ${await run()}`);
  } catch (error) {
    failures++;
    console.log(`FAILED ${name}: ${error instanceof Error ? error.message : error}`);
  }
}
const passed = chosen.length - notRun - failures;
const absence = missing.size === 0 ? '' : `, ${notRun} not run for want of ${[...missing].join(', ')}`;
console.log(`protocols: ${passed} of ${chosen.length} trials passed, ${failures} failed${absence}`);
process.exitCode = passed === chosen.length && passed > 0 ? 0 : 1;
