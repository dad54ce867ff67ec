// What only a process of its own can show: docs/reliability.md, the rows that are about limits,
// signals, children, threads and the way the addon is loaded.
import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readlinkSync } from 'node:fs';
import { expect, test } from 'vitest';
import { type ChannelMap, closeAll, DispatcherWithSend, loop } from '../../lib/index.ts';
import { select } from '../../lib/select.ts';
import { AF_INET, Socket, socketpair } from '../../lib/socket.ts';
import { runCommand, runProgram, withLimit } from '../support/child.ts';
import { BACKENDS } from '../support/matrix.ts';
import { listening } from '../support/pair.ts';
import { within } from '../support/time.ts';
import { eventually } from '../support/wait.ts';

const index = JSON.stringify(new URL('../../lib/index.ts', import.meta.url).href);
const program = (name: string) => new URL(`../programs/${name}.ts`, import.meta.url).pathname;
const socket = JSON.stringify(new URL('../../lib/socket.ts', import.meta.url).href);

/** Sends back what it reads. */
class Echo extends DispatcherWithSend {
  turns = 0;
  override handleRead() {
    this.turns++;
    this.send(this.recv(64));
  }
}

test('out of descriptors, every call throws EMFILE, leaves nothing behind and works later', async () => {
  const program = `
    import { closeSync, openSync, readdirSync } from 'node:fs';
    const taken = [];
    const fill = () => { try { for (;;) taken.push(openSync('/dev/null', 'r')); } catch {} };
    const isOpen = openSync('/dev/null', 'r');
    const made = [];
    const map = new Map();
    const calls = {
      async loop() { await asyncore.loop({ map, count: 1, timeout: 0.001 }); },
      socket() { made.push(new sockets.Socket()); },
      socketpair() { made.push(...sockets.socketpair()); },
      pipe() { made.push(...asyncore.pipe()); },
      dup() { made.push(new asyncore.FileWrapper(isOpen)); },
      file() { made.push(new asyncore.FileDispatcher(isOpen, new Map())); },
    };
    const [one, two] = sockets.socketpair();
    new (class extends asyncore.Dispatcher { writable() { return false; } })(one, map);
    // What Node opens when it is first needed is open, and the reactor's thread has gone.
    try { await calls.loop(); await calls.file(); calls.undefined(); } catch {}
    for (const each of made.splice(0)) each.close();
    let [count, since] = [0, 0];
    while (performance.now() - since < 1500) {
      const now = readdirSync('/proc/self/fd').length;
      if (now !== count) [count, since] = [now, performance.now()];
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    for (const [name, call] of Object.entries(calls)) {
      // A loop sleeps without any.
      const needs = { loop: 0, socketpair: 2, pipe: 2 }[name] ?? 1;
      fill();
      for (let free = 0; free <= needs; free++) {
        let said = 'done';
        try { await call(); } catch (error) { said = error.code; }
        const expected = free < needs ? 'EMFILE' : 'done';
        if (said !== expected) console.log(name, 'with', free, 'said', said);
        if (free < needs) closeSync(taken.pop());
      }
      // All that was free is used, and nothing else.
      try { closeSync(openSync('/dev/null', 'r')); if (needs > 0) console.log(name, 'left one'); } catch {}
      for (const each of made.splice(0)) each.close();
    }
    console.log('end', map.size);
  `;
  const source = `const asyncore = await import(${index}); const sockets = await import(${socket});${program}`;
  const { stdout, stderr } = await runCommand(...withLimit(64, ['--input-type=module', '--eval', source]));
  expect({ stdout, stderr }).toEqual({ stdout: 'end 1\n', stderr: '' });
});

for (const backend of BACKENDS) {
  test(`two processes accept from one listener, each connection once (${backend})`, async () => {
    const listener = listening({ family: AF_INET, address: () => ['127.0.0.1', 0] });
    const servers = [1, 2].map(() => {
      const child = spawn(process.execPath, ['--import', 'tsx', program('acceptor'), backend], {
        stdio: ['pipe', 'pipe', 'inherit', listener.fileno()],
      });
      const server = { child, output: '' };
      child.stdout?.on('data', (data) => {
        server.output += data;
      });
      return server;
    });
    await eventually(() => servers.every(({ output }) => output === 'ready\n'), 'no servers', 15);
    const clients = Array.from({ length: 60 }, () => new Socket());
    for (const client of clients) client.connectEx(listener.getsockname());
    let greeted = 0;
    for (const client of clients) {
      await select([client], [], [], 5);
      if (client.recv(10).toString() === 'hello') greeted++;
      client.close();
    }
    expect(greeted).toBe(clients.length);
    for (const { child } of servers) {
      const exit = once(child, 'exit');
      child.stdin?.end();
      expect(await within(exit, 5, 'the server to end')).toEqual([0, null]);
    }
    const counts = servers.map(({ output }) => Number(/^ready\n(\d+)\n$/.exec(output)?.[1]));
    expect(counts.reduce((sum, count) => sum + count)).toBe(clients.length);
    listener.close();
  });

  test(`a process that was stopped for a while goes on (${backend})`, async () => {
    const [near, far] = socketpair();
    const map: ChannelMap = new Map();
    const echo = new Echo(far, map);
    near.setBlocking(true);
    const child = spawn(
      process.execPath,
      [
        '--import',
        'tsx',
        '--input-type=module',
        '--eval',
        `const asyncore = await import(${index}); const sockets = await import(${socket});
        class Echo extends asyncore.DispatcherWithSend {
          handleRead() { this.send(this.recv(10)); }
          handleClose() { this.close(); }
        }
        const echo = new Echo(sockets.Socket.fromFd(3));
        echo.send('ball');
        const began = performance.now();
        await asyncore.loop({ backend: '${backend}', timeout: 0.05 });`,
      ],
      { stdio: ['ignore', 'inherit', 'inherit', near.fileno()] },
    );
    near.close();
    const exit = once(child, 'exit');
    const end = loop({ map, backend, timeout: 5 });
    await eventually(() => echo.turns > 100, 'no ball', 15);
    child.kill('SIGSTOP');
    await new Promise((resolve) => setTimeout(resolve, 300));
    const { turns } = echo;
    child.kill('SIGCONT');
    await eventually(() => echo.turns > turns + 100, 'the ball does not come back');
    closeAll(map);
    await end;
    expect(await within(exit, 5, 'the child to end')).toEqual([0, null]);
  });

  test(`children can be started while a loop is busy (${backend})`, async () => {
    const map: ChannelMap = new Map();
    const [a, b] = socketpair();
    const echoes = [new Echo(a, map), new Echo(b, map)];
    const end = loop({ map, backend });
    echoes[0]?.send('ball');
    for (let i = 0; i < 50; i++) await once(spawn('true', { stdio: 'ignore' }), 'exit');
    // A fork runs a program of its own, in which no loop runs and which has none of our descriptors.
    const ours = [a, b].map((sock) => readlinkSync(`/proc/self/fd/${sock.fileno()}`));
    const child = fork(program('forked'), ours, { execArgv: ['--import', 'tsx'] });
    const exit = once(child, 'exit');
    const [answer]: unknown[] = await within(once(child, 'message'), 15, 'the answer');
    expect(answer).toEqual({ channels: 0, inherited: 0 });
    expect(await within(exit, 5, 'the fork to end')).toEqual([0, null]);
    expect(echoes[0]?.turns).toBeGreaterThan(50);
    closeAll(map);
    await end;
  });
}

test('writing to a peer that is gone does not end the process, even when SIGPIPE would', async () => {
  const { code, signal, stdout, stderr } = await runProgram(`
    const hear = () => console.log('SIGPIPE');
    process.on('SIGPIPE', hear);
    process.off('SIGPIPE', hear);
    const codes = [];
    for (const make of [sockets.socketpair, () => asyncore.pipe().reverse()]) {
      const [near, far] = make();
      far.close();
      for (let i = 0; i < 3; i++) {
        try { near.send('x'); } catch (error) { codes.push(error.code); }
      }
      near.close();
    }
    const [near, far] = sockets.socketpair();
    const channel = new asyncore.DispatcherWithSend(near);
    far.close();
    channel.send('x');
    console.log(codes.join(), asyncore.socketMap.size);
  `);
  const expected = 'EPIPE,EPIPE,EPIPE,EPIPE,EPIPE,EPIPE 0\n';
  expect({ code, signal, stdout, stderr }).toEqual({ code: 0, signal: null, stdout: expected, stderr: '' });
});

test('the addon can be loaded by worker threads only, one after the other', async () => {
  const worker = `
    (async () => {
      (await import('tsx/esm/api')).register();
      const asyncore = await import(${index});
      const sockets = await import(${socket});
      const [sock, peer] = sockets.socketpair();
      globalThis.kept = peer;
      new (class extends asyncore.Dispatcher { writable() { return false; } })(sock);
      asyncore.loop({ timeout: null });
      setTimeout(() => require('node:worker_threads').parentPort.postMessage('waiting'), 10);
    })();
  `;
  const program = `
    const { Worker } = require('node:worker_threads');
    (async () => {
      for (let i = 0; i < 3; i++) {
        const worker = new Worker(${JSON.stringify(worker)}, { eval: true });
        await new Promise((resolve) => worker.once('message', resolve));
        await worker.terminate();
      }
      console.log('alive');
    })();
  `;
  const { code, stdout, stderr } = await runCommand(process.execPath, ['--eval', program]);
  expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: 'alive\n', stderr: '' });
});

test('thousands of loops that begin and end leave nothing that breaks the exit', async () => {
  const { code, stdout, stderr } = await runProgram(`
    const [sock, peer] = sockets.socketpair();
    const map = new Map();
    new (class extends asyncore.Dispatcher { writable() { return false; } })(sock, map);
    for (let i = 0; i < 2000; i++) await asyncore.loop({ map, count: 1, timeout: i % 100 === 0 ? 0.0001 : 0 });
    console.log('done');
  `);
  expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: 'done\n', stderr: '' });
});
