// npm run check stale [-- --steps n --seed n]: random steps (1,000,000 in all) that open, close, reopen
// and register channels, from wherever that can be done, with select and with poll, in loop() and
// loopSync(), parking and not. No event may reach a channel that was not asked, or has left; each
// descriptor is closed once; every byte arrives. A failure names the seed that repeats it.
import { availableParallelism } from 'node:os';
import { nameOf, SETTINGS, start } from '../../test/support/stale/start.ts';
import { readNumbers, someSeed } from '../options.ts';

const { steps: total, seed } = readNumbers({ steps: 1_000_000, seed: someSeed() });
const steps = Math.ceil(total / SETTINGS.length);
const began = performance.now();
let done = 0;
let failures = 0;

function progress(): string {
  const seconds = (performance.now() - began) / 1000;
  const pace = Math.round(done / Math.max(seconds, 0.001)).toLocaleString('en');
  return `${done.toLocaleString('en')} of ${total.toLocaleString('en')} steps, ${pace} a second, ${seconds.toFixed(0)} s`;
}

const waiting = [...SETTINGS];

async function work(): Promise<void> {
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    const outcome = await start({ ...next, steps, seed }, (more) => {
      done += more;
      process.send?.(progress());
    });
    const { events, passes, reused, mostParked, failure } = outcome;
    const counts = [
      `${outcome.steps.toLocaleString('en')} steps`,
      `${events.toLocaleString('en')} events in ${passes.toLocaleString('en')} passes`,
      `${reused.toLocaleString('en')} numbers reused`,
      `up to ${mostParked} parked`,
    ];
    console.log(`${nameOf(next)}: ${counts.join(', ')}`);
    const parkedWrong = next.parks === mostParked > 0 ? '' : `it was to park ${next.parks ? 'something' : 'nothing'}`;
    const wrong = failure || parkedWrong;
    if (wrong === '') continue;
    failures++;
    console.log(`  FAILED with seed ${seed}: ${wrong}`);
  }
}

// Processes sleep for much of their time, so there are more of them than processors.
await Promise.all(Array.from({ length: 2 * availableParallelism() }, work));
console.log(`stale: ${progress()}, seed ${seed}: ${failures === 0 ? 'nothing was wrong' : `${failures} failures`}`);
process.exitCode = failures === 0 ? 0 : 1;
