// What waits leave behind: one thread and one descriptor serve them all and go a second after the
// last, and a program that never gives the collector a turn keeps nothing of those that are over.
import { expect, test } from 'vitest';
import { runCommand, runProgram, TSX } from '../support/child.ts';

/** Seconds: thousands of rounds take as long as that with ThreadSanitizer. */
const PATIENCE = 60;

const url = (name: string) => JSON.stringify(new URL(`../../lib/${name}.ts`, import.meta.url).href);

test('300 overlapping waits need one thread and at most one descriptor, which go when they are over', async () => {
  const { stdout, stderr } = await runProgram(`
    import { readdirSync } from 'node:fs';
    import { setTimeout as sleep } from 'node:timers/promises';
    const count = (what) => readdirSync('/proc/self/' + what).length;
    const counts = () => [count('task'), count('fd')];
    const [sock, peer] = sockets.socketpair();
    // Node starts threads of its own when it first needs them.
    let before = counts();
    for (let since = performance.now(); performance.now() - since < 500; await sleep(20)) {
      const now = counts();
      if (String(now) !== String(before)) [before, since] = [now, performance.now()];
    }
    const more = () => counts().map((now, i) => now - before[i]);
    const waits = Array.from({ length: 300 }, (_, i) => {
      if (i % 3 === 0) return selecting.select([sock], [], [], 5);
      const poller = new selecting.Poll();
      poller.register(sock, selecting.POLLIN);
      return poller.poll(i % 3 === 1 ? 5 : 0.2);
    });
    await sleep(100);
    const [threads, descriptors] = more();
    if (threads !== 1 || descriptors > 1) console.log('while they wait', threads, descriptors);
    await sleep(300);
    peer.send('x');
    const results = await Promise.all(waits);
    const ready = results.filter((result) => result.flat().length > 0).length;
    console.log(ready);
    await sleep(1500);
    console.log(more().join());
  `);
  expect({ stdout, stderr }).toEqual({ stdout: '200\n0,0\n', stderr: '' });
});

/** What a program does over and over again, and how often. */
const BLOCKING: [name: string, round: string, rounds: number][] = [
  ['selectSync()', 'selecting.selectSync([sock], [], [], 0)', 20_000],
  [
    'connections under loopSync()',
    `
    const [one, two] = sockets.socketpair().map((sock) => new Once(sock, map));
    one.send('x');
    asyncore.loopSync({ map, timeout: 1 });
    `,
    5000,
  ],
  [
    'accepted connections under loopSync()',
    `
    const server = new Server(listener, map);
    const client = new Once(null, map);
    client.createSocket();
    client.connect(listener.getsockname());
    asyncore.loopSync({ map, timeout: 1 });
    `,
    2000,
  ],
  [
    'maps and their loopSync()',
    `
    const own = new Map();
    const [one, two] = sockets.socketpair().map((sock) => new Once(sock, own));
    one.send('x');
    asyncore.loopSync({ map: own, timeout: 1 });
    `,
    5000,
  ],
];

test.each(BLOCKING)(
  'a program that blocks keeps nothing of %s',
  async (_name, round, rounds) => {
    const program = `
    const asyncore = await import(${url('index')});
    const sockets = await import(${url('socket')});
    const selecting = await import(${url('select')});
    const { native } = await import(${url('system/native')});
    const [sock, peer] = sockets.socketpair();
    const listener = new sockets.Socket();
    listener.bind(['127.0.0.1', 0]);
    listener.listen(5);
    const map = new Map();
    class Once extends asyncore.Dispatcher {
      writable() { return !this.connected; }
      handleConnect() { this.send('x'); }
      handleRead() { this.recv(10); this.close(); }
      handleClose() { this.close(); }
    }
    class Server extends asyncore.Dispatcher {
      constructor(listener, map) {
        super(null, map);
        this.channels = map;
        this.setSocket(listener);
        this.accepting = true;
      }
      handleAccepted(sock) {
        const served = new Once(sock, this.channels);
        served.send('y');
        this.delChannel();
      }
    }
    const round = () => { ${round} };
    const used = () => {
      globalThis.gc();
      globalThis.gc();
      const { heapUsed, external, arrayBuffers } = process.memoryUsage();
      return heapUsed + external + arrayBuffers;
    };
    for (let i = 0; i < ${rounds}; i++) round();
    const before = used();
    for (let i = 0; i < ${rounds}; i++) round();
    const after = used();
    // A handle tells how many poll sets there are: it begins with the lowest place that is free.
    console.log(after - before, native.newPollSet() % 2 ** 24);
    for (const each of [sock, peer, listener]) each.close();
  `;
    const args = ['--expose-gc', ...TSX, '--input-type=module', '--eval', program];
    const { stdout, stderr } = await runCommand(process.execPath, args, {}, PATIENCE);
    expect(stderr).toBe('');
    const [heap, sets] = stdout.trim().split(' ').map(Number);
    expect(heap).toBeLessThan(1 << 19);
    expect(sets).toBeLessThan(10);
  },
  1000 * (PATIENCE + 5),
);
