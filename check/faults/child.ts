// Runs the cases of one scenario with one backend, one after another, in a process with the shim:
// for each call, each errno it can give, once and from then on, at the first call, the second, and
// so on until a run ends before the call to fail was reached. Prints a line of JSON per series.
import { setImmediate as tick } from 'node:timers/promises';
import { openDescriptors } from '../../test/support/descriptors.ts';
import { calls } from './calls.ts';
import { chat } from './chat.ts';
import { ALL_THAT_MOVE, Control, FOR_EVER, type Order } from './control.ts';
import { pipes } from './pipes.ts';
import { type Backend, Run } from './run.ts';
import { ALL_SERIES, type Kind, ONCE_A_PROCESS, type Series } from './series.ts';
import { sockets } from './sockets.ts';

/** How long a run may stand still before it is over, in milliseconds. */
const LONG = 3000;
const SHORT = 60;

/** What is open, but for the epoll instances, which a map keeps until it is collected. */
function descriptors(): Set<string> {
  const open = [...openDescriptors()].filter(([, what]) => !what.includes('eventpoll'));
  return new Set(open.map(([fd, what]) => `${fd} ${what}`));
}

function instances(): number {
  return [...openDescriptors().values()].filter((what) => what.includes('eventpoll')).length;
}

const [scenarioName, backendName, controlPath = '', fromSeries = '0', fromIndex = '1', only] = process.argv.slice(2);
const scenario = [sockets, pipes, chat, calls].find(({ name }) => name === scenarioName);
const backend: Backend = backendName === 'select' ? 'select' : 'poll';
if (scenario === undefined) throw new Error(`no scenario ${scenarioName}`);
let forsaken = 0;
const control = new Control(controlPath, 'r+');

/** Runs one case: what is wrong with how it went, if anything. */
async function tryCase(
  order: Order | undefined,
  kind: Kind,
  isOnce: boolean,
  patience: number,
): Promise<string | undefined> {
  if (scenario === undefined) return 'no scenario';
  const before = descriptors();
  control.arm(order);
  const run = new Run(backend, scenario.goals, patience, () => (isOnce || kind === 'short' ? 0 : control.injected()));
  // Code that runs for the first time is slow: it would find every pause over.
  if (only !== undefined) run.pause = 100;
  await run.play(scenario);
  control.disarm();
  const heard = run.heard.join(', ') || 'nothing was heard';
  const leaked = [...descriptors()].filter((entry) => !before.has(entry) && !entry.includes('[eventfd]'));
  if (leaked.length > 0) return `left open: ${leaked.join(', ')} (${heard})`;
  if (heard.includes('WRONG BYTES')) return heard;
  const isUndisturbed = run.complete && run.heard.length === 0;
  if (control.injected() === 0 || kind === 'short') return isUndisturbed ? undefined : `not complete: ${heard}`;
  if (kind === 'passing' && isOnce) return isUndisturbed ? undefined : `did not pass: ${heard}`;
  if (kind === 'lasting') return run.complete || run.heard.length > 0 ? undefined : heard;
  return undefined;
}

async function playSeries(number: number, series: Series, from: number): Promise<void> {
  const { call, error, errno, kind, once } = series;
  let cases = 0;
  const failures: string[] = [];
  for (let first = from; ; first++) {
    const words = `${scenarioName} with ${backend}: ${call} ${once ? `number ${first}` : `from ${first} on`}: ${error}`;
    control.note(number, first, words);
    const order = { call, first, last: once ? first : FOR_EVER, errno };
    let failure = await tryCase(order, kind, once, once || kind === 'short' ? LONG : SHORT);
    // A busy machine can look like a run that stands still.
    if (failure !== undefined && !once) failure = await tryCase(order, kind, once, LONG);
    if (failure !== undefined) failures.push(`${words}: ${failure}`);
    if (control.injected() === 0) break;
    cases++;
    // An instance that is said to be gone, or to have lost its mark, is not closed: its number may be somebody else's.
    if ((call === 'epoll_wait' && error !== 'EINTR') || (call === 'fcntl' && error === 'EBADF')) forsaken++;
    if (ONCE_A_PROCESS.has(call) || call === ALL_THAT_MOVE) break;
  }
  process.stdout.write(`${JSON.stringify({ number, cases, failures })}\n`);
}

if (only !== undefined) {
  // One series, in a process that has not waited yet.
  const series = ALL_SERIES[Number(only)];
  if (series !== undefined) await playSeries(Number(only), series, 1);
} else {
  // Node's own, and those of the runs before the first case.
  const instancesBefore = instances() + 2;
  await tryCase(undefined, 'lasting', true, LONG);
  const failure = await tryCase(undefined, 'lasting', true, LONG);
  const counts = control.counts();
  process.stdout.write(`${JSON.stringify({ counts: Object.fromEntries(counts) })}\n`);
  if (failure !== undefined) throw new Error(`without a fault: ${failure}`);
  for (let number = Number(fromSeries); number < ALL_SERIES.length; number++) {
    const series = ALL_SERIES[number];
    if (series === undefined) break;
    const { call } = series;
    if (call !== ALL_THAT_MOVE && ((counts.get(call) ?? 0) === 0 || ONCE_A_PROCESS.has(call))) continue;
    await playSeries(number, series, number === Number(fromSeries) ? Number(fromIndex) : 1);
  }
  // The instances of maps that are gone go with them.
  for (let i = 0; i < 100 && instances() > instancesBefore + forsaken; i++) {
    globalThis.gc?.();
    await tick();
  }
  if (instances() > instancesBefore + forsaken) throw new Error(`${instances()} epoll instances left open`);
}
