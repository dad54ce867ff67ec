// One run: so many steps with one backend, in one way, in this process.
import { ExitNow, type LoopOptions, loop, loopSync, pollSync } from '../../../lib/index.ts';
import { Random } from '../random.ts';
import { Driver } from './driver.ts';
import { World } from './world.ts';

export interface Setting {
  readonly backend: 'select' | 'poll';
  readonly way: 'async' | 'sync';
  readonly parks: boolean;
  readonly steps: number;
  readonly seed: number;
}

export interface Outcome {
  readonly steps: number;
  readonly events: number;
  readonly passes: number;
  /** Descriptors' numbers that were given out a second time or more. */
  readonly reused: number;
  readonly mostParked: number;
  /** What was wrong; '' when nothing was. */
  readonly failure: string;
}

let runs = 0;

export async function play(setting: Setting, report: (steps: number) => void): Promise<Outcome> {
  const world = new World(new Random(setting.seed));
  const plan = { steps: setting.steps, isSync: setting.way === 'sync', parks: setting.parks, report };
  const driver = new Driver(world, plan, `\0asyncore-stale-${process.pid}-${++runs}`);
  const options: LoopOptions = { backend: setting.backend, map: world.map, timeout: plan.isSync ? 0.001 : 30 };
  let left = '';
  try {
    while (!driver.isDone && world.failure === undefined) {
      try {
        if (plan.isSync) loopSync(options);
        else await loop(options);
      } catch (error) {
        if (!(error instanceof ExitNow)) throw error;
      }
      // A single pass looks at everything: whoever is parked comes back.
      if (!driver.isDone && world.random.chance(0.5)) onePass(world);
    }
    left = driver.close();
  } catch (error) {
    world.fail(`the loop: ${error instanceof Error ? error.stack : String(error)}`);
  }
  return {
    steps: world.steps,
    events: world.events,
    passes: world.consults,
    reused: world.ledger.reused,
    mostParked: driver.mostParked,
    failure: world.failure ?? left,
  };
}

function onePass(world: World): void {
  try {
    pollSync(0, world.map);
  } catch (error) {
    if (!(error instanceof ExitNow)) throw error;
  }
}
