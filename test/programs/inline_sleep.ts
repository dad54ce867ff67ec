// Sleeps inline, in a process without timers of anybody else's, which would end each sleep, and prints how
// many seconds what Node waits for takes meanwhile, as JSON by name. The argument is the backend.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { setImmediate as immediate, setTimeout as sleep } from 'node:timers/promises';
import { MessageChannel, Worker } from 'node:worker_threads';
import { type ChannelMap, loop } from '../../lib/index.ts';
import { select } from '../../lib/select.ts';
import { socketpair } from '../../lib/socket.ts';
import { Idle } from '../support/idle.ts';
import { best, duration } from '../support/time.ts';

/** Seconds. A sleep that nothing ends lasts a second before the thread looks around. */
const SOON = 0.9;
const backend = process.argv[2] === 'select' ? 'select' : 'poll';

/** A loop of its own with one channel: another process sends it something while it sleeps, and lives on. */
function start(): () => Promise<unknown> {
  const map: ChannelMap = new Map();
  const [ours, theirs] = socketpair();
  const channel = new Idle(ours, map);
  void loop({ backend, map, wait: 'inline', timeout: 30 });
  return async () => {
    const sender = spawn('sh', ['-c', 'sleep 0.1; echo; exec sleep 9'], {
      stdio: ['ignore', theirs.fileno(), 'ignore'],
    });
    await channel.reads();
    sender.kill();
  };
}

const served = start();
const BUSINESS: Readonly<Record<string, () => Promise<unknown>>> = {
  'a timer': () => sleep(1),
  'an immediate': () => immediate(),
  'a read of a file': () => readFile(import.meta.filename),
  'a read of a file that a timer began': () => sleep(1).then(() => readFile(import.meta.filename)),
  'a connection that a timer began': () => sleep(1).then(connection),
  'a connection that an immediate began': () => immediate().then(connection),
  'a signal': signal,
  'the end of a child process': () => once(spawn('true', { stdio: 'ignore' }), 'exit'),
  'a message from another thread': message,
  'the inspector': inspector,
  'a wait of another kind': other,
  'a channel of the loop': served,
};

const seconds: Record<string, number> = {};

async function measure(name: string, done: () => Promise<unknown>): Promise<void> {
  // From a sleep.
  seconds[name] = await best(SOON, () => duration(() => sleep(5).then(done)));
}

for (const [name, done] of Object.entries(BUSINESS)) await measure(name, done);
// From here on one of them needs a thread.
const alsoServed = start();
await measure('the first of two loops', served);
await measure('the second of two loops', alsoServed);
console.log(JSON.stringify(seconds));
process.exit();

/** A connection of Node's own, there and back. */
async function connection(): Promise<void> {
  const server = createServer((socket) => socket.end('x')).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const socket = connect(address.port, '127.0.0.1').resume();
  await once(socket, 'close');
  server.close();
  await once(server, 'close');
}

async function signal(): Promise<void> {
  const heard = once(process, 'SIGUSR2');
  spawn('kill', ['-USR2', String(process.pid)], { stdio: 'ignore' });
  await heard;
}

async function message(): Promise<void> {
  const { port1, port2 } = new MessageChannel();
  const worker = new Worker("require('node:worker_threads').workerData.postMessage('x')", {
    eval: true,
    workerData: port2,
    transferList: [port2],
  });
  await once(port1, 'message');
  port1.close();
  await worker.terminate();
}

/** Another thread debugs this one. */
async function inspector(): Promise<void> {
  const worker = new Worker(
    `
      const { Session } = require('node:inspector/promises');
      const { parentPort } = require('node:worker_threads');
      // Waiting for the answer alone would not keep the thread alive.
      parentPort.ref();
      const session = new Session();
      session.connectToMainThread();
      session.post('Runtime.evaluate', { expression: '6 * 7' }).then(({ result }) => parentPort.postMessage(result.value));
    `,
    { eval: true },
  );
  const [answer] = await once(worker, 'message');
  await worker.terminate();
  if (answer !== 42) throw new Error(`the inspector says ${answer}`);
}

async function other(): Promise<void> {
  const [a, b] = socketpair();
  const waiting = select([a], [], [], 5);
  b.send('x');
  await waiting;
  a.close();
  b.close();
}
