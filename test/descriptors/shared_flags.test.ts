// An open file whose O_NONBLOCK others have cleared: a handler that reads or writes until EAGAIN gets
// EAGAIN, and never stops the process. Each case is a process of its own, which ends or is killed.
import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type Ended, runCommand, runProgram } from '../support/child.ts';

const SHARED = new URL('../programs/shared_file.py', import.meta.url).pathname;
const index = JSON.stringify(new URL('../../lib/index.ts', import.meta.url).href);

/** Runs a module with a file of that kind as descriptor 3, and says whether its flag is still cleared. */
function sharing(kind: string, source: string): Promise<Ended> {
  const program = `const asyncore = await import(${index});${source}`;
  const node = [process.execPath, '--import', 'tsx', '--input-type=module', '--eval', program];
  return runCommand('python3', [SHARED, kind, ...node]);
}

const CHANNEL = `
  import { writeSync } from 'node:fs';
  const map = new Map();
  class Channel extends asyncore.FileDispatcher {
    total = 0;
    rounds = 0;
    readable() { return this.reads === true; }
    writable() { return this.reads === false; }
    drain(size) {
      try {
        for (;;) this.total += this.recv(size).length;
      } catch (error) {
        console.log('read', this.total, error.code);
      }
    }
    fill(data) {
      for (let sent = -1; sent !== 0; this.total += sent) sent = this.send(data);
      console.log('wrote', this.total > 0);
    }
    handleError(error) { console.log(String(error)); this.close(); }
  }
  const channel = new Channel(3, map);
`;

/** What makes each kind readable, from inside the program. */
const READABLE: [kind: string, make: string, size: number][] = [
  ['pipe', "writeSync(4, 'x'.repeat(1000))", 1000],
  ['fifo', "writeSync(3, 'x'.repeat(1000))", 1000],
  ['terminal', "writeSync(4, 'a line\\n')", 7],
  ["terminal's master", "writeSync(4, 'what the program writes')", 23],
  ['stream socket', "writeSync(4, 'x'.repeat(1000))", 1000],
  ['datagram socket', "writeSync(4, 'x'.repeat(100))", 100],
  ['eventfd', 'writeSync(3, new Uint8Array([1, 0, 0, 0, 0, 0, 0, 0]))', 8],
];

describe('a handler that reads until EAGAIN does not block', () => {
  test.each(READABLE)('on a %s', async (kind, make, size) => {
    const { stdout, stderr, signal } = await sharing(
      kind,
      `${CHANNEL}
      channel.reads = true;
      // One byte at a time of a stream, so that the last call is one that finds nothing.
      channel.handleRead = function () { this.drain(${size === 1000 ? 7 : 4096}); this.close(); };
      ${make};
      await asyncore.loop({ map, timeout: 5 });`,
    );
    expect({ stdout, stderr, signal }).toEqual({ stdout: `read ${size} EAGAIN\nblocking\n`, stderr: '', signal: null });
  });

  test.each(['timerfd', 'inotify'])('on %s, where nothing has happened', async (kind) => {
    const { stdout, stderr, signal } = await sharing(kind, `${CHANNEL} channel.drain(4096); channel.close();`);
    expect({ stdout, stderr, signal }).toEqual({ stdout: 'read 0 EAGAIN\nblocking\n', stderr: '', signal: null });
  });
});

describe('a handler that writes until EAGAIN does not block', () => {
  const WRITABLE = ['pipe, written', 'fifo', 'terminal', "terminal's master", 'stream socket', 'datagram socket'];
  test.each(WRITABLE)('on a %s', async (kind) => {
    const { stdout, stderr, signal } = await sharing(
      kind,
      `${CHANNEL}
      channel.reads = false;
      channel.handleWrite = function () { this.fill('x'.repeat(1000) + '\\n'); this.close(); };
      await asyncore.loop({ map, timeout: 5 });`,
    );
    expect({ stdout, stderr, signal }).toEqual({ stdout: 'wrote true\nblocking\n', stderr: '', signal: null });
  });

  test('on an eventfd', async () => {
    const { stdout, stderr, signal } = await sharing(
      'eventfd',
      `${CHANNEL}
      const most = new Uint8Array(8).fill(255);
      most[0] = 254;
      channel.fill(most);
      channel.close();`,
    );
    expect({ stdout, stderr, signal }).toEqual({ stdout: 'wrote true\nblocking\n', stderr: '', signal: null });
  });
});

test('a stream of a number reads and writes as much as there is, and does not block', async () => {
  const { stdout, stderr, signal } = await sharing(
    'stream socket',
    `
    import { once } from 'node:events';
    import { writeSync } from 'node:fs';
    import { toDuplex } from ${JSON.stringify(new URL('../../lib/stream.ts', import.meta.url).href)};
    const stream = toDuplex(3);
    let total = 0;
    stream.on('data', (data) => (total += data.length));
    // Nobody reads it.
    stream.write(Buffer.alloc(1 << 22));
    for (let i = 0; i < 3; i++) {
      writeSync(4, 'x'.repeat(1000));
      await once(stream, 'data');
    }
    console.log('read', total, stream.writableLength > 0);
    stream.destroy();
    `,
  );
  expect({ stdout, stderr, signal }).toEqual({ stdout: 'read 3000 true\nblocking\n', stderr: '', signal: null });
});

test('a child that clears O_NONBLOCK of a socket that is about to connect does not make that block', async () => {
  const { stdout, stderr, signal } = await runProgram(`
    import { spawnSync } from 'node:child_process';
    const listener = new sockets.Socket();
    listener.bind(['127.0.0.1', 0]);
    listener.listen(0);
    // Two have room in the queue, and the others have to wait for ever.
    const clients = Array.from({ length: 4 }, () => new sockets.Socket());
    for (const client of clients) {
      const code = 'import os; os.set_blocking(3, True)';
      const { status } = spawnSync('python3', ['-c', code], { stdio: ['ignore', 'inherit', 'inherit', client.fileno()] });
      if (status !== 0) console.log('not cleared');
      console.log(client.connectEx(listener.getsockname()));
    }
    for (const each of [listener, ...clients]) each.close();
  `);
  const inProgress = `${constants.errno.EINPROGRESS}\n`;
  expect({ stdout, stderr, signal }).toEqual({ stdout: inProgress.repeat(4), stderr: '', signal: null });
});

test('a child that clears O_NONBLOCK of our own pipe, socket and listener makes nothing block', async () => {
  const { stdout, stderr, signal } = await runProgram(`
    import { spawnSync } from 'node:child_process';
    const clear = (fd) => {
      const code = 'import os; os.set_blocking(3, True)';
      const { status } = spawnSync('python3', ['-c', code], { stdio: ['ignore', 'inherit', 'inherit', fd] });
      if (status !== 0) console.log('not cleared');
    };
    const attempt = (name, call) => {
      try { for (;;) call(); } catch (error) { console.log(name, error.code); }
    };
    const [reader, writer] = asyncore.pipe();
    const [sock, peer] = sockets.socketpair();
    const listener = new sockets.Socket();
    listener.bind(['127.0.0.1', 0]);
    listener.listen(5);
    for (const each of [reader, writer, sock, listener]) clear(each.fileno());
    attempt('read', () => reader.recv(10));
    attempt('write', () => writer.send(Buffer.alloc(5000)));
    attempt('recv', () => sock.recv(10));
    attempt('recvfrom', () => sock.recvfrom(10));
    attempt('send', () => sock.send(Buffer.alloc(5000)));
    attempt('accept', () => listener.accept());
    const client = new sockets.Socket();
    client.connectEx(listener.getsockname());
    await selecting.select([listener], [], [], 5);
    let accepted = 0;
    attempt('accept', () => { listener.accept()[0].close(); accepted++; });
    console.log(accepted);
    for (const each of [reader, writer, sock, peer, listener, client]) each.close();
  `);
  const lines = ['read', 'write', 'recv', 'recvfrom', 'send', 'accept', 'accept'].map((name) => `${name} EAGAIN\n`);
  expect({ stdout, stderr, signal }).toEqual({ stdout: `${lines.join('')}1\n`, stderr: '', signal: null });
});

test.each(['pipe', 'fifo'])('two threads that share a blocking %s and drain it do not block', async (kind) => {
  const worker = `
    const { parentPort } = require('node:worker_threads');
    (async () => {
      (await import('tsx/esm/api')).register();
      const asyncore = await import(${index});
      let total = 0;
      class Reader extends asyncore.FileDispatcher {
        writable() { return false; }
        handleRead() {
          try { for (;;) total += this.recv(10).length; } catch (error) { if (error.code !== 'EAGAIN') throw error; }
          parentPort.postMessage(total);
        }
      }
      new Reader(3);
      parentPort.postMessage('ready');
      // Something else that must go on.
      setInterval(() => parentPort.postMessage(total), 20);
      asyncore.loop({ timeout: 5 });
    })();
  `;
  const { stdout, stderr, signal } = await sharing(
    kind,
    `
    import { Worker } from 'node:worker_threads';
    import { writeSync } from 'node:fs';
    import { setTimeout as sleep } from 'node:timers/promises';
    const workers = [1, 2].map(() => new Worker(${JSON.stringify(worker)}, { eval: true, execArgv: [] }));
    const totals = new Map();
    const heard = new Map(workers.map((each) => [each, 0]));
    for (const each of workers) {
      each.on('message', (total) => {
        heard.set(each, heard.get(each) + 1);
        if (total !== 'ready') totals.set(each, total);
      });
    }
    while ([...heard.values()].some((count) => count === 0)) await sleep(5);
    let sent = 0;
    for (let i = 0; i < 400; i++) {
      const fd = ${kind === 'pipe' ? 4 : 3};
      sent += writeSync(fd, 'x'.repeat(1 + i % 35));
      await sleep(i % 3);
    }
    const sum = () => [...totals.values()].reduce((a, b) => a + b, 0);
    const deadline = Date.now() + 5000;
    while (sum() < sent && Date.now() < deadline) await sleep(5);
    // Neither is stuck in a read that nobody will serve.
    const before = [...heard.values()];
    await sleep(300);
    const after = [...heard.values()];
    console.log(sum() === sent, after.every((count, i) => count > before[i] + 3));
    // A thread that is stuck would never end.
    process.kill(process.pid, 'SIGKILL');
    `,
  );
  expect({ stdout, stderr, signal }).toEqual({ stdout: 'true true\nblocking\n', stderr: '', signal: null });
});

test('two threads that ask a quiet file over and over again do not take the flag from under each other', {
  timeout: 90_000,
}, async () => {
  const worker = `
    const { parentPort } = require('node:worker_threads');
    (async () => {
      (await import('tsx/esm/api')).register();
      const asyncore = await import(${index});
      const channel = new asyncore.FileDispatcher(3, new Map());
      const codes = new Set();
      parentPort.once('message', () => {
        for (let i = 0; i < 40_000; i++) {
          try { channel.recv(4096); } catch (error) { codes.add(error.code); }
        }
        parentPort.postMessage([...codes].join());
        channel.close();
      });
      parentPort.postMessage('ready');
    })();
  `;
  // inotify is read with the flag alone.
  const { stdout, stderr } = await sharing(
    'inotify',
    `
    import { once } from 'node:events';
    import { Worker } from 'node:worker_threads';
    const workers = [1, 2].map(() => new Worker(${JSON.stringify(worker)}, { eval: true, execArgv: [] }));
    await Promise.all(workers.map((each) => once(each, 'message')));
    for (const each of workers) each.postMessage('go');
    const late = setTimeout(() => process.kill(process.pid, 'SIGKILL'), 60_000);
    for (const [codes] of await Promise.all(workers.map((each) => once(each, 'message')))) console.log(codes);
    clearTimeout(late);
    `,
  );
  expect({ stdout, stderr }).toEqual({ stdout: 'EAGAIN\nEAGAIN\nblocking\n', stderr: '' });
});

test('a regular file is read whole, and then at its end', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'asyncore-'));
  const path = join(folder, 'file');
  const { stdout } = spawnSync('sh', ['-c', `seq 100000 > ${path}; wc -c < ${path}`], { encoding: 'utf8' });
  const fd = openSync(path, 'r');
  const program = `
    const file = new asyncore.FileDispatcher(3, new Map());
    let total = 0;
    for (let data; (data = file.recv(65536)).length > 0; ) total += data.length;
    console.log(total);
  `;
  const read = await runProgram(program, { stdio: ['ignore', 'pipe', 'pipe', fd] });
  expect({ stdout: read.stdout, stderr: read.stderr }).toEqual({ stdout, stderr: '' });
  closeSync(fd);
  rmSync(folder, { recursive: true });
});
