// The command line of `npm run bench`.
import { parseArgs } from 'node:util';
import { type ArmName, arms } from './arms.ts';
import type { Timing } from './measure.ts';
import { resultsFolder } from './paths.ts';
import { quickArms, type Workload, workloads } from './workloads.ts';

export const usage = `npm run bench -- [options] [workload ...]

  workload ...     only these; a first part will do: "echo" or "pipes"
  --arms A,B       only these arms; --list shows which there are
  --quick          a few workloads and arms, under a minute
  --reps N         repetitions (5; 3 with --quick)
  --seconds S      counting window of a run (1; 0.3 with --quick)
  --warm S         before it (0.4; 0.25 with --quick)
  --seed N         of the order and of the random connections
  --out FOLDER     where results go (bench/results for a whole run)
  --merge          replace only the chosen workloads in the results that are there
  --no-build       take what is built as it is
  --binaries DIR   the C programs, if built elsewhere
  --list           workloads and their arms`;

export interface Settings {
  workloads: readonly Workload[];
  arms: readonly ArmName[];
  quick: boolean;
  repetitions: number;
  timing: Timing;
  /** Seconds after which no further run begins. */
  budget: number;
  /** A run that other work disturbed is tried once more. */
  strict: boolean;
  out: string | null;
  merge: boolean;
  build: boolean;
  binaries: string | null;
  list: boolean;
  help: boolean;
}

const QUICK_BUDGET = 34;

function chooseWorkloads(names: readonly string[], quick: boolean): readonly Workload[] {
  if (names.length === 0) return quick ? workloads.filter((workload) => workload.quick) : workloads;
  for (const name of names) {
    if (!workloads.some((workload) => matches(workload, name))) throw new RangeError(`No workload is called ${name}`);
  }
  return workloads.filter((workload) => names.some((name) => matches(workload, name)));
}

function matches(workload: Workload, name: string): boolean {
  return workload.name === name || workload.name.startsWith(`${name}-`);
}

function chooseArms(list: string | undefined, quick: boolean): readonly ArmName[] {
  const all = arms.map((arm) => arm.name);
  if (list === undefined) return quick ? quickArms : all;
  const wanted = list.split(',');
  for (const name of wanted) {
    if (!all.some((arm) => arm === name)) throw new RangeError(`No arm is called ${name}: ${all.join(' ')}`);
  }
  return all.filter((name) => wanted.includes(name));
}

function positive(text: string | undefined, fallback: number): number {
  const value = text === undefined ? fallback : Number(text);
  if (!(value > 0)) throw new RangeError(`${text} is not a number above 0`);
  return value;
}

export function readSettings(args: string[]): Settings {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      arms: { type: 'string' },
      quick: { type: 'boolean', default: false },
      reps: { type: 'string' },
      seconds: { type: 'string' },
      warm: { type: 'string' },
      seed: { type: 'string' },
      out: { type: 'string' },
      merge: { type: 'boolean', default: false },
      'no-build': { type: 'boolean', default: false },
      binaries: { type: 'string' },
      list: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  const { quick } = values;
  const whole = !quick && positionals.length === 0 && values.arms === undefined;
  return {
    workloads: chooseWorkloads(positionals, quick),
    arms: chooseArms(values.arms, quick),
    quick,
    repetitions: positive(values.reps, quick ? 3 : 5),
    timing: {
      seconds: positive(values.seconds, quick ? 0.3 : 1),
      warm: positive(values.warm, quick ? 0.25 : 0.4),
      seed: positive(values.seed, 1),
      gib: quick ? 0.25 : 1,
    },
    budget: quick ? QUICK_BUDGET : Number.POSITIVE_INFINITY,
    strict: whole || values.merge,
    out: values.out ?? (whole || values.merge ? resultsFolder : null),
    merge: values.merge,
    build: !values['no-build'],
    binaries: values.binaries ?? null,
    list: values.list,
    help: values.help,
  };
}
