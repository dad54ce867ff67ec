// The binary, its options, its log, and what others do to what it shares (docs/reliability.md, mostly
// sections I and K).
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { AsyncChat, type ChannelMap, Dispatcher, loop, loopSync, pollSync } from '../../lib/index.ts';
import { warnOfBusyLoop } from '../../lib/reactor/busy_warning.ts';
import { Socket, socketpair } from '../../lib/socket.ts';
import { runProgram } from '../support/child.ts';
import { collectGarbage } from '../support/garbage.ts';
import { passesUntil, WAYS } from '../support/matrix.ts';
import { within } from '../support/time.ts';
import { eventually } from '../support/wait.ts';

const index = JSON.stringify(new URL('../../lib/index.ts', import.meta.url).href);

/** The addon that is loaded. */
function addon(): string {
  const [path] = /\/\S*asyncore\.node$/m.exec(readFileSync('/proc/self/maps', 'utf8')) ?? [];
  if (path === undefined) throw new Error('no addon is loaded');
  return path;
}

function elf(...options: string[]): string {
  return execFileSync('readelf', ['--wide', ...options, addon()], { encoding: 'utf8' });
}

test('descriptors are made by calls that make them close-on-exec at once', () => {
  const imported = [...elf('--dyn-syms').matchAll(/ UND (\w+)/g)].map(([, name]) => name);
  expect(imported).toEqual(expect.arrayContaining(['accept4', 'pipe2', 'eventfd', 'epoll_create1', 'socket', 'poll']));
  for (const name of ['accept', 'pipe', 'dup', 'dup2', 'epoll_create', 'creat', 'fork']) {
    expect(imported).not.toContain(name);
  }
  // open() and fopen() are told to.
  const folder = new URL('../../native/', import.meta.url);
  const sources = readdirSync(folder, { encoding: 'utf8', recursive: true }).filter((name) => name.endsWith('.cc'));
  const calls = sources.flatMap((name) => readFileSync(new URL(name, folder), 'utf8').match(/\bf?open\([^;]*;/g) ?? []);
  expect(calls.length).toBeGreaterThan(0);
  for (const call of calls) expect(call).toMatch(/O_CLOEXEC|"re"/);
});

test('the addon is built with hardening', () => {
  expect(elf('--program-headers')).toMatch(/GNU_STACK .* RW /);
  expect(elf('--program-headers')).toContain('GNU_RELRO');
  expect(elf('--dynamic')).toMatch(/BIND_NOW|\bNOW\b/);
  expect(elf('--dyn-syms')).toContain('__stack_chk_fail');
});

test('no clock is used that can be set', () => {
  for (const [folder, clocks] of [
    ['lib', /\bDate\b|hrtime/],
    ['native', /clock_gettime\(CLOCK_REALTIME|gettimeofday|system_clock|\btime\(/],
  ] as const) {
    const root = new URL(`../../${folder}/`, import.meta.url);
    for (const name of readdirSync(root, { encoding: 'utf8', recursive: true })) {
      if (/\.(ts|cc|h)$/.test(name)) expect(readFileSync(new URL(name, root), 'utf8'), name).not.toMatch(clocks);
    }
  }
});

/** Calls with properties added to Object.prototype. */
function polluted<T>(properties: Record<string, unknown>, call: () => T): T {
  const names = Object.keys(properties);
  // The description itself must not inherit what has been added before.
  const entries = names.map((name) => {
    const description: PropertyDescriptor = Object.create(null);
    return [name, Object.assign(description, { value: properties[name], configurable: true, writable: true })] as const;
  });
  for (const [name, description] of entries) Object.defineProperty(Object.prototype, name, description);
  try {
    return call();
  } finally {
    for (const name of names) Reflect.deleteProperty(Object.prototype, name);
  }
}

test('properties of Object.prototype are not options', async () => {
  const map: ChannelMap = new Map();
  const wrong = { timeout: -1, usePoll: 'x', backend: 'x', map: 0, count: Number.NaN, signal: 0, spin: 'x' };
  await polluted(wrong, () => {
    loopSync({ map });
    loopSync();
    pollSync(0, map);
    return loop({ map });
  });
});

test("properties of Object.prototype are not options of Node's own calls", async () => {
  const listener = new Socket();
  listener.bind(['127.0.0.1', 0]);
  listener.listen();
  const [, port] = listener.getsockname();
  const map: ChannelMap = new Map();
  let connections = 0;
  class Client extends Dispatcher {
    override handleConnect() {
      connections++;
      this.close();
    }
  }
  const client = new Client(null, map);
  client.createSocket();
  // Not 'localhost', which needs no look-up.
  polluted({ all: true, order: 'x', hints: 1.5 }, () => client.connect(['LOCALHOST', Number(port)]));
  await loop({ map, timeout: 5, count: 100 });
  expect(connections).toBe(1);
  listener.close();

  const [sock, peer] = socketpair();
  const channel = new Dispatcher(sock, new Map());
  const warned = once(process, 'warning');
  polluted({ detail: 'not from here', ctor: 5 }, () => warnOfBusyLoop(channel, 1));
  const [warning] = await warned;
  expect(warning).toMatchObject({ code: 'ASYNCORE_SPIN' });
  expect(warning.detail).toBe(undefined);

  const other: ChannelMap = new Map();
  polluted({ get: () => 1, set: () => undefined }, () => {
    channel.addChannel(other);
    channel.writable = () => false;
  });
  expect([channel.writable(), other.size]).toEqual([false, 1]);
  await polluted({ once: true, passive: 'x', triggerAsyncId: -5, capture: true }, () =>
    loop({ map: other, count: 1, timeout: 0.001, signal: new AbortController().signal }),
  );
  channel.close();
  peer.close();
});

test('what a peer sent cannot write lines of its own into the log', () => {
  const lines: string[] = [];
  class Own extends Dispatcher {
    override logInfo(message: unknown) {
      lines.push(String(message));
    }
  }
  const channel = new Own(null, new Map());
  const evil = 'bad\r\nlog: forged\u001b[2J\u009b\u2028\u0000end';
  for (const thrown of [new Error(evil), evil, Object.assign(new Error(), { name: evil }), { toString: () => evil }]) {
    channel.handleError(thrown);
  }
  for (const line of lines) expect(line).not.toMatch(/[\p{Cc}\u2028\u2029]/u);
  expect(lines.join()).toContain('bad\\u000d\\u000alog: forged\\u001b[2J');
});

for (const way of WAYS) {
  test(`a line without an end is not kept, and can be cut off while it arrives (${way.name})`, async () => {
    const map: ChannelMap = new Map();
    const [sock, peer] = socketpair();
    const mib = Buffer.alloc(1 << 20, 'x');
    const memory = () => {
      collectGarbage();
      return process.memoryUsage().arrayBuffers;
    };
    class Lines extends AsyncChat {
      length = 0;
      most = 32 << 20;
      override collectIncomingData(data: Buffer) {
        this.length += data.length;
        if (this.length > this.most) this.close();
      }
      override foundTerminator() {}
    }
    const lines = new Lines(sock, map);
    lines.setTerminator('\r\n');
    const before = memory();
    const isCutOff = () => {
      try {
        peer.send(mib);
      } catch {
        // Full, or the channel has had enough.
      }
      return map.size === 0;
    };
    await passesUntil(way, isCutOff, map, 50_000);
    expect(lines.length).toBeLessThan(lines.most + 70_000);
    await eventually(() => memory() - before < 4 << 20, 'it is kept');
    peer.close();
  });
}

test('a socket does not block although something that shares it cleared O_NONBLOCK', async () => {
  const { code, stdout, stderr } = await runProgram(`
    const [sock, peer] = sockets.socketpair();
    // A duplicate shares the flag, as a child process would.
    const duplicate = new asyncore.FileWrapper(sock.fileno());
    duplicate.setBlocking(true);
    const codes = [];
    for (const call of [() => sock.recv(10), () => { for (;;) sock.send(Buffer.alloc(65536)); }]) {
      try { call(); } catch (error) { codes.push(error.code); }
    }
    console.log(codes.join());
    for (const each of [sock, peer, duplicate]) each.close();
  `);
  expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: 'EAGAIN,EAGAIN\n', stderr: '' });
});

test('channels on standard streams leave them usable for the rest of the program', async () => {
  const child = spawn(
    process.execPath,
    [
      '--import',
      'tsx',
      '--input-type=module',
      '--eval',
      `const asyncore = await import(${index});
      const [one, two] = [new asyncore.FileDispatcher(1), new asyncore.FileDispatcher(1)];
      console.log('x'.repeat(1_000_000));
      one.close();
      console.log('y'.repeat(1_000_000));
      two.close();
      new asyncore.FileDispatcher(0).close();
      console.log('z');`,
    ],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const end = once(child, 'close');
  // The pipe is full long before it is read.
  await sleep(200);
  let output = '';
  child.stdout?.on('data', (data) => {
    output += data;
  });
  expect(await within(end, 10, 'the end')).toEqual([0, null]);
  expect(output).toBe(`${'x'.repeat(1_000_000)}\n${'y'.repeat(1_000_000)}\nz\n`);
});

test('a peer that says nothing can be closed by a timer', async () => {
  const map: ChannelMap = new Map();
  const peers: Socket[] = [];
  for (let i = 0; i < 50; i++) {
    const [sock, peer] = socketpair();
    class Idle extends Dispatcher {
      readonly #timer = setTimeout(() => this.close(), 20);
      override writable() {
        return false;
      }
      override handleRead() {
        this.recv(10);
        this.#timer.refresh();
      }
    }
    new Idle(sock, map);
    peers.push(peer);
  }
  await within(loop({ map, timeout: 30 }), 5, 'all of them to be closed');
  for (const peer of peers) peer.close();
});
