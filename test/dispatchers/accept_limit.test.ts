// A server with no descriptor left, in a process of its own with a low limit: clients that are
// connected go on being served, accept(2) is tried now and then, and clients that wait are served
// when descriptors become free.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { withLimit } from '../support/child.ts';
import { BACKENDS } from '../support/matrix.ts';
import { eventually } from '../support/wait.ts';

const PROGRAM = new URL('../programs/at_limit.ts', import.meta.url).pathname;
const WAITING = 30;
/** The most tries of accept(2) in a second. */
const MOST = 20;

interface Answer {
  attempts: number;
  cpu: number;
}

async function answerOf(child: ChildProcess, message?: string): Promise<unknown> {
  const answered = once(child, 'message');
  if (message !== undefined) child.send(message);
  const [answer]: unknown[] = await answered;
  return answer;
}

async function ask(child: ChildProcess, message: string): Promise<Answer> {
  const answer = await answerOf(child, message);
  if (typeof answer !== 'object' || answer === null || !('attempts' in answer) || !('cpu' in answer)) {
    throw new Error('no answer');
  }
  return { attempts: Number(answer.attempts), cpu: Number(answer.cpu) };
}

/** A client that counts the bytes that come back. */
function client(port: number): { socket: Socket; received: () => number } {
  let received = 0;
  const socket = connect(port, '127.0.0.1');
  socket.on('data', (data) => {
    received += data.length;
  });
  socket.on('error', () => {});
  socket.write('x');
  return { socket, received: () => received };
}

for (const backend of BACKENDS) {
  test(`with no descriptor left, a server goes on serving, and later serves everybody who waited (${backend})`, async () => {
    const [command, args, options] = withLimit(100, [PROGRAM, backend]);
    const child = spawn(command, args, { ...options, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
    const address = await answerOf(child);
    const port = Number(Array.isArray(address) ? address[1] : 0);

    const early = client(port);
    await eventually(() => early.received() === 1, 'the first client was not served');
    await ask(child, 'fill');
    const waiting = Array.from({ length: WAITING }, () => client(port));
    await Promise.all(waiting.map(({ socket }) => once(socket, 'connect')));

    const before = await ask(child, 'count');
    const began = performance.now();
    let rounds = 0;
    while (performance.now() - began < 1000) {
      const sent = early.received() + 1;
      early.socket.write('x');
      await eventually(() => early.received() === sent, 'a client was not served any more');
      rounds++;
      await sleep(1);
    }
    const after = await ask(child, 'count');
    const seconds = (performance.now() - began) / 1000;
    expect(rounds).toBeGreaterThan(20);
    expect(after.attempts - before.attempts).toBeGreaterThan(0);
    expect((after.attempts - before.attempts) / seconds).toBeLessThanOrEqual(MOST);
    // It does not spin, either.
    expect((after.cpu - before.cpu) / seconds).toBeLessThan(0.5);
    expect(waiting.filter(({ received }) => received() > 0)).toEqual([]);

    await ask(child, 'free');
    await eventually(() => waiting.every(({ received }) => received() === 1), 'not all who waited were served');
    const ended = once(child, 'exit');
    for (const { socket } of [early, ...waiting]) socket.destroy();
    child.disconnect();
    await ended;
  });
}
