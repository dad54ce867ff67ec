// The results file: every single run with its figures, and the machine. Tables, charts and ratios
// are all computed from it, so that nothing is recorded twice.
import { readFileSync, writeFileSync } from 'node:fs';
import { isRecord } from '../json.ts';
import { type Figures, isMetricName } from '../plan/metrics.ts';

export interface RunResult {
  workload: string;
  arm: string;
  repetition: number;
  /** The share of a core that other work on the machine took meanwhile. */
  disturbed: number;
  figures: Figures;
}

export interface ThrownAway {
  workload: string;
  arm: string;
  repetition: number;
  reason: string;
}

export interface MicroResult {
  name: string;
  title: string;
  unit: string;
  median: number;
  low: number;
  high: number;
}

export interface Results {
  date: string;
  quick: boolean;
  settings: Record<string, number>;
  machine: Record<string, string>;
  runs: RunResult[];
  thrownAway: ThrownAway[];
  micro: MicroResult[];
}

function list(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? value.filter(isRecord) : [];
}

function numbers(value: unknown): Record<string, number> {
  const found: Record<string, number> = {};
  if (!isRecord(value)) return found;
  for (const [name, number] of Object.entries(value)) if (typeof number === 'number') found[name] = number;
  return found;
}

function figures(value: unknown): Figures {
  const found: Figures = {};
  for (const [name, number] of Object.entries(numbers(value))) if (isMetricName(name)) found[name] = number;
  return found;
}

function texts(value: unknown): Record<string, string> {
  if (!isRecord(value)) return {};
  return Object.fromEntries(Object.entries(value).map(([name, text]) => [name, String(text)]));
}

/** A microbenchmark's result, from a file or as its program printed it. */
export function microResult(row: Record<string, unknown>): MicroResult {
  return {
    name: String(row.name),
    title: String(row.title),
    unit: String(row.unit),
    median: Number(row.median),
    low: Number(row.low),
    high: Number(row.high),
  };
}

export function readResults(path: string): Results {
  const parsed: unknown = JSON.parse(readFileSync(path, 'utf8'));
  if (!isRecord(parsed)) throw new TypeError(`${path} has no results`);
  const place = (run: Record<string, unknown>) => ({
    workload: String(run.workload),
    arm: String(run.arm),
    repetition: Number(run.repetition),
  });
  return {
    date: String(parsed.date),
    quick: parsed.quick === true,
    settings: numbers(parsed.settings),
    machine: texts(parsed.machine),
    runs: list(parsed.runs).map((run) => ({
      ...place(run),
      disturbed: Number(run.disturbed),
      figures: figures(run.figures),
    })),
    thrownAway: list(parsed.thrownAway).map((run) => ({ ...place(run), reason: String(run.reason) })),
    micro: list(parsed.micro).map(microResult),
  };
}

/** Numbers with five significant digits: more would be noise, and make the file long. */
function rounded(_key: string, value: unknown): unknown {
  return typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(5)) : value;
}

/** One run per line, so that a diff of the file can be read. */
export function writeResults(path: string, results: Results): void {
  const { runs, thrownAway, micro, ...head } = results;
  const lines = (items: object[]): string => items.map((item) => `\n    ${JSON.stringify(item, rounded)}`).join(',');
  const text = JSON.stringify(head, rounded, 2).replace(/\n\}$/, '');
  writeFileSync(
    path,
    `${text},\n  "runs": [${lines(runs)}\n  ],\n  "thrownAway": [${lines(thrownAway)}\n  ],\n  "micro": [${lines(micro)}\n  ]\n}\n`,
  );
}

/** `old`, with the workloads and the microbenchmarks that `fresh` has replaced by those. */
export function mergeResults(old: Results, fresh: Results): Results {
  const measured = new Set(fresh.runs.map((run) => run.workload));
  const others = <T extends { workload: string }>(runs: T[]): T[] => runs.filter((run) => !measured.has(run.workload));
  const settings = { ...fresh.settings };
  // What the pages say about every run must hold for every run.
  for (const name of ['repetitions', 'seconds']) {
    settings[name] = Math.min(old.settings[name] ?? 0, fresh.settings[name] ?? 0);
  }
  return {
    ...fresh,
    settings,
    runs: [...others(old.runs), ...fresh.runs],
    thrownAway: [...others(old.thrownAway), ...fresh.thrownAway],
    micro: fresh.micro.length > 0 ? fresh.micro : old.micro,
  };
}
