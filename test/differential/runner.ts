// Plays scenarios with this library, in the given arms, and records what happens. The twin of
// oracle.py, whose outcomes tell it before which steps a loop may sleep.
//
//   tsx runner.ts SCENARIOS FOLDER SETTLE OUT ORACLE ARM...
//
// An arm is a backend and a way to run the passes of a step: `select sync`, `poll loop`, ...
// ASYNCORE_PARK_FROM is read when the library is imported, so an arm with parking needs its own
// process.
import { readFileSync, writeFileSync } from 'node:fs';
import { setImmediate, setTimeout } from 'node:timers/promises';
import { Dispatcher, ExitNow, loop, loopSync, poll2Sync, pollSync } from '../../lib/index.ts';
import { selectSync } from '../../lib/select.ts';
import { MSG_OOB, type Socket } from '../../lib/socket.ts';
import { streamPair } from './peer.ts';
import type { Outcome, Scenario, Step } from './scenario.ts';
import { kindOf } from './words.ts';
import { World } from './world.ts';

type Backend = 'select' | 'poll';

/** The channel that ends a step; see oracle.py. */
class Wake extends Dispatcher {
  readonly #world: World;
  #left = 0;
  #isOn = false;

  constructor(world: World) {
    super(null, world.map);
    this.#world = world;
  }

  /** Enters the map as its last channel. It is not waited for until ring(). */
  begin(sock: Socket, passes: number): void {
    this.#left = passes;
    this.#isOn = false;
    this.setSocket(sock);
  }

  ring(): void {
    this.#isOn = true;
  }

  override readable(): boolean {
    return this.#isOn;
  }

  override writable(): boolean {
    return false;
  }

  override handleExpt(): void {
    this.#world.settle();
    this.#world.note('--');
    if (--this.#left === 0) throw new ExitNow();
  }

  override handleError(error: unknown): void {
    throw error;
  }
}

/** Does `acts`, then runs passes until the wake channel ends them. */
type Way = (backend: Backend, world: World, step: Step, mayNap: boolean, begin: () => void) => Promise<void>;

const WAYS: Record<string, Way> = {
  // Single passes.
  sync: async (backend, world, _step, _mayNap, begin) => {
    begin();
    for (;;) (backend === 'poll' ? poll2Sync : pollSync)(1, world.map);
  },
  // One pass after another, with parking.
  syncLoop: async (backend, { map }, _step, _mayNap, begin) => {
    begin();
    loopSync({ backend, map });
  },
  // As many passes as needed, taken in turns of Node's event loop.
  count: async (backend, { map }, step, _mayNap, begin) => {
    begin();
    await loop({ backend, map, count: step.passes, timeout: 1 });
  },
  // A loop that keeps running, with parking; when it sleeps, what happens wakes it.
  loop: async (backend, { map }, step, mayNap, begin) => {
    if (!mayNap) begin();
    const running = loop({ backend, map, timeout: null });
    // Keeps an error that the loop throws during the acts from counting as unhandled.
    running.catch(() => {});
    if (mayNap) {
      await (step.nap === 'turn' ? setImmediate() : setTimeout(1));
      begin();
    }
    await running;
  },
};

async function play(scenario: Scenario, arm: string, quiet: readonly boolean[], sock: Socket): Promise<Outcome> {
  const [backend, name = ''] = arm.split(' ');
  const way = WAYS[name];
  if (way === undefined || (backend !== 'select' && backend !== 'poll')) throw new Error(`no arm ${arm}`);
  const world = new World(scenario, folder, settle);
  const wake = new Wake(world);
  for (const [number, step] of scenario.steps.entries()) {
    world.note(`== step ${number}`);
    wake.begin(sock, step.passes);
    try {
      await way(backend, world, step, quiet[number] ?? false, () => {
        wake.delChannel();
        world.acts(step.acts);
        world.settle();
        wake.begin(sock, step.passes);
        wake.ring();
      });
    } catch (error) {
      world.note('raised', kindOf(error));
    }
    wake.delChannel();
    world.snapshot();
  }
  world.finish();
  return { seed: scenario.seed, arm, trace: world.trace };
}

function readLines(path: string): string[] {
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '');
}

const [scenarios = '', folder = '', pause = '', out = '', oracle = '', ...arms] = process.argv.slice(2);
const settle = Number(pause);
const quietOf = new Map<string, readonly boolean[]>();
for (const line of readLines(oracle)) {
  const { seed, arm, quiet = [] }: Outcome = JSON.parse(line);
  quietOf.set(`${seed} ${arm}`, quiet);
}
const [mine, theirs] = streamPair('inet');
theirs.send('!', MSG_OOB);
selectSync([], [], [mine], 5);
const results: string[] = [];
for (const line of readLines(scenarios)) {
  const scenario: Scenario = JSON.parse(line);
  for (const arm of arms) {
    const quiet = quietOf.get(`${scenario.seed} ${arm.split(' ')[0]}`) ?? [];
    results.push(JSON.stringify(await play(scenario, arm, quiet, mine)));
  }
}
writeFileSync(out, `${results.join('\n')}\n`);
mine.close();
theirs.close();
