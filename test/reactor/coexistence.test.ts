// Timers, promises, files, HTTP and child processes of the same process go on while loop() runs,
// idle and under load.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, get } from 'node:http';
import { setImmediate as immediate, setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { expect, test } from 'vitest';
import { type ChannelMap, DispatcherWithSend, loop } from '../../lib/index.ts';
import { type Socket, socketpair } from '../../lib/socket.ts';
import { BACKENDS } from '../support/matrix.ts';
import { best, duration, within } from '../support/time.ts';
import { eventually } from '../support/wait.ts';

/** Sends what it reads back, for ever. */
class Echo extends DispatcherWithSend {
  turns = 0;

  constructor(sock: Socket, map: ChannelMap) {
    super(sock, map);
  }

  override handleRead() {
    this.turns++;
    this.send(this.recv(64));
  }
}

const LOADS = [
  ['idle', ''],
  ['under load', 'ball'],
] as const;

/** The other business of a process. */
const BUSINESS: [name: string, done: () => Promise<unknown>][] = [
  ['a timer', () => sleep(5)],
  ['setImmediate', () => immediate()],
  ['a promise', () => Promise.resolve().then(() => Promise.resolve())],
  ['process.nextTick', () => new Promise((resolve) => process.nextTick(resolve))],
  ['a file', () => readFile(import.meta.filename)],
  ['HTTP', http],
  ['a child process', () => once(spawn('true', { stdio: 'ignore' }), 'exit')],
  ['a worker thread', () => once(new Worker('', { eval: true }), 'exit')],
];

async function http(): Promise<void> {
  const server = createServer((_, response) => response.end('hello')).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  let body = '';
  const request = get({ port: address.port, host: '127.0.0.1', agent: false });
  const [response] = await once(request, 'response');
  for await (const data of response) body += data;
  server.close();
  await once(server, 'close');
  expect(body).toBe('hello');
}

for (const backend of BACKENDS) {
  for (const [load, ball] of LOADS) {
    test(`everything else in the process goes on beside a loop ${load} (${backend})`, async () => {
      const map: ChannelMap = new Map();
      const [a, b] = socketpair();
      const channels = [new Echo(a, map), new Echo(b, map)];
      const [first] = channels;
      const end = loop({ backend, map, timeout: 30 });
      first?.send(ball);
      for (const [name, done] of BUSINESS) {
        const before = first?.turns ?? 0;
        await within(done(), 5, name);
        // And the loop goes on beside it.
        if (ball !== '') await eventually(() => (first?.turns ?? 0) > before);
      }
      for (const channel of channels) channel.close();
      await within(end, 2, 'the loop to end');
    });

    test(`timers are on time beside a loop ${load} (${backend})`, async () => {
      const map: ChannelMap = new Map();
      const [a, b] = socketpair();
      const channels = [new Echo(a, map), new Echo(b, map)];
      const end = loop({ backend, map, timeout: 30 });
      channels[0]?.send(ball);
      expect(await best(0.04, () => duration(() => sleep(20)))).toBeLessThan(0.04);
      for (const channel of channels) channel.close();
      await within(end, 2, 'the loop to end');
    });
  }

  test(`an idle loop takes no passes and no processor time (${backend})`, async () => {
    const map: ChannelMap = new Map();
    const [a, b] = socketpair();
    let asked = 0;
    class Counting extends Echo {
      override readable() {
        asked++;
        return true;
      }
    }
    const channels = [new Counting(a, map), new Counting(b, map)];
    const end = loop({ backend, map, timeout: 30 });
    await sleep(20);
    asked = 0;
    const before = process.cpuUsage();
    await sleep(200);
    const { user, system } = process.cpuUsage(before);
    // Asked again when the process had been awake for the timer, not all the time.
    expect(asked).toBeLessThan(200);
    expect((user + system) / 1e6).toBeLessThan(0.1);
    for (const channel of channels) channel.close();
    await within(end, 2, 'the loop to end');
  });
}
