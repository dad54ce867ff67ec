// A process for one setting, because whether the loop parks is settled when a process begins:
// child.ts backend way parks steps seed. Prints a line of JSON now and then, and the outcome last.
import { play } from './run.ts';

const [backend, way, parks, steps, seed] = process.argv.slice(2);
let last = 0;
const outcome = await play(
  {
    backend: backend === 'select' ? 'select' : 'poll',
    way: way === 'sync' ? 'sync' : 'async',
    parks: parks === 'parked',
    steps: Number(steps),
    seed: Number(seed),
  },
  (done) => {
    if (done - last < 5000) return;
    last = done;
    process.stdout.write(`${JSON.stringify({ done })}\n`);
  },
);
process.stdout.write(`${JSON.stringify(outcome)}\n`);
