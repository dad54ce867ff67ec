// npm run check:stale [-- steps [seed]]: random steps (default 1,000,000 in all) that open, close,
// reopen and register channels, from wherever that can be done, with select and with poll, in loop()
// and loopSync(), parking and not. No event may reach a channel that was not asked, or has left; each
// descriptor is closed once; every byte arrives. A failure names the seed that repeats it.
import { availableParallelism } from 'node:os';
import { nameOf, SETTINGS, start } from './stale/start.ts';

const [total = 1_000_000, seed = Math.floor(Math.random() * 2 ** 31)] = process.argv.slice(2).map(Number);
const steps = Math.ceil(total / SETTINGS.length);
const began = performance.now();
let done = 0;
let failures = 0;

function progress(): string {
  const seconds = (performance.now() - began) / 1000;
  const pace = Math.round(done / Math.max(seconds, 0.001)).toLocaleString('en');
  return `${done.toLocaleString('en')} of ${total.toLocaleString('en')} steps, ${pace} a second, ${seconds.toFixed(0)} s`;
}

const { isTTY } = process.stdout;
const clear = isTTY ? '\r\x1b[K' : '';
const timer = setInterval(
  () => process.stdout.write(isTTY ? `${clear}${progress()}` : `${progress()}\n`),
  isTTY ? 500 : 10_000,
);

const waiting = [...SETTINGS];

async function work(): Promise<void> {
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    const outcome = await start({ ...next, steps, seed }, (more) => {
      done += more;
    });
    const { events, passes, reused, mostParked, failure } = outcome;
    const counts = [
      `${outcome.steps.toLocaleString('en')} steps`,
      `${events.toLocaleString('en')} events in ${passes.toLocaleString('en')} passes`,
      `${reused.toLocaleString('en')} numbers reused`,
      `up to ${mostParked} parked`,
    ];
    console.log(
      `${clear}${nameOf(next)}: ${counts.join(', ')}${failure === '' ? '' : `\n  FAILED with seed ${seed}: ${failure}`}`,
    );
    if (failure !== '') failures++;
    else if (next.parks !== mostParked > 0) {
      console.log(`  FAILED: it was to park ${next.parks ? 'something' : 'nothing'}`);
      failures++;
    }
  }
}

// Processes sleep for much of their time, so there are more of them than processors.
await Promise.all(Array.from({ length: 2 * availableParallelism() }, work));
clearInterval(timer);
console.log(`${clear}${progress()}, seed ${seed}: ${failures === 0 ? 'nothing was wrong' : `${failures} failures`}`);
process.exitCode = failures === 0 ? 0 : 1;
