// One run of the soak: starts a server and a client, watches both while they work, and judges what
// they say at the end.
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Child, TSX } from '../../test/support/child.ts';
import { quantile } from '../../test/support/time.ts';
import type { State } from './state.ts';

export interface Plan {
  readonly name: string;
  readonly idle: number;
  readonly active: number;
  readonly leaving: boolean;
  readonly seconds: number;
  readonly backend: 'select' | 'poll';
  /** The most descriptors of the server. */
  readonly limit: number;
}

export interface Result {
  readonly plan: Plan;
  readonly client: State;
  readonly server: State;
  /** MiB that were used, without garbage, and resident: after the warm-up and in the end. */
  readonly used: [number, number];
  readonly resident: [number, number];
  readonly sockets: [number, number];
  readonly failures: string[];
}

function start(file: string, args: readonly string[], limit: number): ChildProcess {
  const script = join(import.meta.dirname, file);
  const command = `ulimit -n ${limit} && exec "$0" --expose-gc ${TSX.join(' ')} "$@"`;
  return new Child('sh', ['-c', command, process.execPath, script, ...args], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  }).process;
}

async function answerOf(child: ChildProcess, question?: string): Promise<unknown> {
  const stop = new AbortController();
  const answer = once(child, 'message', { signal: stop.signal });
  const end = once(child, 'exit', { signal: stop.signal }).then(([code, signal]) => {
    throw new Error(`a process of the soak ended early: ${code ?? signal}`);
  });
  try {
    if (question !== undefined) child.send(question);
    const [message]: unknown[] = await Promise.race([answer, end]);
    return message;
  } finally {
    end.catch(() => {});
    stop.abort();
  }
}

function isState(value: unknown): value is State {
  return typeof value === 'object' && value !== null && 'connections' in value && 'errors' in value;
}

async function ask(child: ChildProcess, question: string): Promise<State> {
  const answer = await answerOf(child, question);
  if (!isState(answer)) throw new Error('no state');
  return answer;
}

/** Runs `plan`; `show` is called about once a second. */
export async function runPlan(plan: Plan, show: (line: string) => void): Promise<Result> {
  const server = start('server.ts', [plan.backend], plan.limit);
  const children = [server];
  try {
    const ports = await answerOf(server);
    const first = await ask(server, 'state');
    const leaving = plan.leaving ? 'leave' : 'stay';
    const client = start('client.ts', [String(ports), `${plan.idle}`, `${plan.active}`, leaving], 20_000);
    children.push(client);
    const samples = await watch(plan, client, server, show);
    const clientEnd = await ask(client, 'end');
    await sleep(500);
    const last = await ask(server, 'state');
    return judge(plan, clientEnd, first, last, samples);
  } finally {
    for (const child of children) child.kill('SIGKILL');
  }
}

async function watch(plan: Plan, client: ChildProcess, server: ChildProcess, show: (line: string) => void) {
  const began = performance.now();
  const samples: State[] = [];
  for (;;) {
    await sleep(1000);
    const [c, s] = await Promise.all([ask(client, 'state'), ask(server, 'state')]);
    const seconds = (performance.now() - began) / 1000;
    samples.push(s);
    show(
      `${plan.name}: ${seconds.toFixed(0)}/${plan.seconds} s, ${c.connections} connections, ` +
        `${c.frames} frames, ${c.resets + c.halfCloses} left, p99 ${c.latency.toFixed(0)} ms, ` +
        `server ${s.used.toFixed(0)} MiB used, ${c.errors.length + s.errors.length} errors`,
    );
    if (seconds >= plan.seconds) return samples;
  }
}

function judge(plan: Plan, client: State, first: State, last: State, samples: readonly State[]): Result {
  const quarter = samples.length >> 2;
  const early = samples.slice(quarter, 2 * quarter);
  const late = samples.slice(-quarter);
  const pair = (value: (state: State) => number): [number, number] => [
    quantile(early.map(value), 0.5),
    quantile(late.map(value), 0.5),
  ];
  const used = pair((state) => state.used);
  const resident = pair((state) => state.resident);
  const sockets: [number, number] = [first.sockets, last.sockets];
  const failures = [...client.errors, ...last.errors];
  if (used[1] > used[0] * 1.1 + 8) failures.push(`memory grew from ${used[0]} to ${used[1]} MiB`);
  if (resident[1] > resident[0] * 1.15 + 32)
    failures.push(`resident memory grew from ${resident[0]} to ${resident[1]} MiB`);
  if (sockets[1] !== sockets[0]) failures.push(`${sockets[0]} sockets at first, ${sockets[1]} at last`);
  if (last.connections !== 0) failures.push(`${last.connections} connections are left in the server`);
  if (client.frames === 0) failures.push('not one frame came back');
  const most = Math.max(...samples.map(({ connections }) => connections));
  // Whoever has just left is on its way back when a sample is taken.
  if (most < 0.99 * (plan.idle + plan.active)) failures.push(`only ${most} connections at a time`);
  return { plan, client, server: last, used, resident, sockets, failures };
}
