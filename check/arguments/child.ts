// The process that calls: child.ts addon|library calls seed file. What it has to say it writes to the
// file, because its standard output may be named in a call.
import { rmSync, writeFileSync } from 'node:fs';
import { setImmediate as tick } from 'node:timers/promises';
import { Random } from '../../test/support/random.ts';
import { AddonCalls } from './addon.ts';
import { LibraryCalls } from './library.ts';
import { Own } from './own.ts';

const [what, count = '0', seed = '0', file = ''] = process.argv.slice(2);
/** Calls between two looks at what is Node's. */
const ROUND = 2000;

const random = new Random(Number(seed));
const own = await Own.create();
const calls = what === 'addon' ? new AddonCalls(random, own) : new LibraryCalls(random, own);
process.chdir(own.folder);
process.stdout.write = () => true;
process.stderr.write = () => true;

// Rejections of what a hostile value returned are nobody's to hear.
process.on('unhandledRejection', () => {});

let done = 0;
try {
  while (done < Number(count)) {
    if (calls instanceof LibraryCalls) calls.renew();
    for (let i = 0; i < ROUND; i++, done++) await calls.make();
    calls.end();
    await own.check();
    writeFileSync(file, JSON.stringify({ done, last: calls.last, names: calls.names.length }));
  }
  // A socket in whose place a channel was given another one is closed when it is collected.
  for (let tries = 0; own.left().length > 0 && tries < 100; tries++) {
    globalThis.gc?.();
    await tick();
  }
  await own.check();
  if (own.left().length > 0) throw new Error(`left open: ${own.left().join(', ')}`);
  await own.close();
} catch (error) {
  const failure = error instanceof Error ? error.stack : String(error);
  writeFileSync(file, JSON.stringify({ done, last: calls.last, failure }));
}
rmSync(own.folder, { recursive: true, force: true });
// A turn that was started keeps the process alive.
process.exit(0);
