// The command line of `npm run bench`.
import { parse, positive, UsageError } from './command_line.ts';
import { resultsFolder } from './paths.ts';
import { type ArmName, arms } from './plan/arms.ts';
import type { Timing } from './plan/schedule.ts';
import { quickArms, type Workload, workloads } from './plan/workloads.ts';

export const usage = `npm run bench -- [options] [workload ...]

  workload ...     only these, by name or by its first part: "echo" or "pipes"
  --arms A,B       only these arms
  --quick          a few workloads and arms, under a minute
  --reps N         repetitions (5; 3 with --quick)
  --seconds S      counting window of a run (1; 0.3 with --quick)
  --warm S         warm-up before it (0.4; 0.25 with --quick)
  --seed N         for the order of the runs and the choice of connections (1)
  --out FOLDER     where the results go (bench/results for a whole run)
  --merge          replace only the chosen workloads in the existing results
  --no-build       use what is built as it is
  --binaries DIR   where the C programs are, if built elsewhere
  --list           list the workloads and their arms`;

export interface Settings {
  workloads: readonly Workload[];
  arms: readonly ArmName[];
  quick: boolean;
  repetitions: number;
  timing: Timing;
  /** Seconds after which no more runs are started. */
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
    if (workloads.some((workload) => matches(workload, name))) continue;
    throw new UsageError(`no workload '${name}'; there are ${workloads.map((workload) => workload.name).join(', ')}`);
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
    if (!all.some((arm) => arm === name)) throw new UsageError(`no arm '${name}'; there are ${all.join(', ')}`);
  }
  return all.filter((name) => wanted.includes(name));
}

export function readSettings(args: string[]): Settings {
  const { values, positionals } = parse({
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
    repetitions: positive('reps', values.reps, quick ? 3 : 5),
    timing: {
      seconds: positive('seconds', values.seconds, quick ? 0.3 : 1),
      warm: positive('warm', values.warm, quick ? 0.25 : 0.4),
      seed: positive('seed', values.seed, 1),
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
