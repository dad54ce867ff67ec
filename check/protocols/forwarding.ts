// examples/port_forwarder.ts and examples/socks5.ts: 100 MB both ways, and each end passed on by itself.

import { once } from 'node:events';
import { closeSync, existsSync, openSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Child, runCommand } from '../../test/support/child.ts';
import { eventually } from '../../test/support/wait.ts';
import { client, expectWhole, FOLDER, largeFile, need, rated, SIZE, serving, type Trial } from './trial.ts';

/** A port that nobody listens on now. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port }: Partial<AddressInfo> = Object(server.address());
  server.close();
  await once(server, 'close');
  return Number(port);
}

/** Runs a client whose input and output are files. */
async function through(command: string, args: readonly string[], from: string, to: string): Promise<void> {
  const [stdin, stdout] = [openSync(from, 'r'), openSync(to, 'w')];
  const { code, signal, stderr } = await runCommand(command, args, { stdio: [stdin, stdout, 'pipe'] }, 300);
  for (const fd of [stdin, stdout]) closeSync(fd);
  need(code === 0, `${command} ended with ${signal ?? code}: ${stderr}`);
}

/** Whether somebody accepts there. */
async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  const result = await Promise.race([
    once(socket, 'connect').then(() => true),
    once(socket, 'error').then(() => false),
  ]).catch(() => false);
  socket.destroy();
  return result;
}

/** Has socat listen, and serve each connection with `how`, while `during` runs. */
async function socatServing<T>(how: string, during: (port: number) => Promise<T>): Promise<T> {
  const port = await freePort();
  // In a group of its own, so that those that it has forked end as well.
  const socat = new Child('socat', ['-t', '60', `TCP-LISTEN:${port},fork,reuseaddr,bind=127.0.0.1`, how], {
    detached: true,
  });
  try {
    const latest = performance.now() + 30_000;
    while (!(await accepts(port))) {
      need(performance.now() < latest, `socat does not listen: ${socat.stderr}`);
      await sleep(10);
    }
    return await during(port);
  } finally {
    if (socat.process.pid !== undefined) process.kill(-socat.process.pid, 'SIGKILL');
    await socat.ended;
  }
}

const forwarding = <T>(target: string, during: (port: number) => Promise<T>) =>
  serving('port_forwarder', ['0', target], during);

/** What goes to an echo comes back, and its end behind it: both directions are busy at once. */
function echoed(name: string, command: (port: number) => [string, ...string[]]): Promise<string> {
  return socatServing('EXEC:cat', (target) =>
    forwarding(`127.0.0.1:${target}`, async (port) => {
      const { path } = await largeFile();
      const back = join(FOLDER, `${name}.echo`);
      const [program, ...args] = command(port);
      const speed = await rated(2 * SIZE, () => through(program, args, path, back));
      await expectWhole(back);
      return `100 MB there and back, ${speed} in all`;
    }),
  );
}

/** A program answers only when the other side has ended: the hash of all that came. */
function hashed(command: (port: number) => [string, ...string[]]): Promise<string> {
  return socatServing('EXEC:sha256sum', (target) =>
    forwarding(`127.0.0.1:${target}`, async (port) => {
      const { path, hash } = await largeFile();
      const [program, ...args] = command(port);
      const out = await client(program, args, path);
      need(out.startsWith(hash), `the hash is ${out}`);
      return '100 MB, the end, and then the answer';
    }),
  );
}

async function unix(): Promise<string> {
  const path = join(FOLDER, 'target.sock');
  const listener = new Child('socat', ['-t', '60', `UNIX-LISTEN:${path},fork`, 'EXEC:sha256sum'], { detached: true });
  try {
    await eventually(() => existsSync(path), `socat does not listen: ${listener.stderr}`, 30);
    return await forwarding(path, async (port) => {
      const { path: file, hash } = await largeFile();
      const out = await client('socat', ['-t', '60', '-', `TCP:127.0.0.1:${port}`], file);
      need(out.startsWith(hash), `the hash is ${out}`);
      return '100 MB, the end, and then the answer';
    });
  } finally {
    if (listener.process.pid !== undefined) process.kill(-listener.process.pid, 'SIGKILL');
    await listener.ended;
  }
}

function socks(): Promise<string> {
  return serving('http_server', [FOLDER, '0', '60'], (target) =>
    serving('socks5', ['0', 'me:secret'], async (port) => {
      await largeFile();
      const back = join(FOLDER, 'socks.back');
      const proxy = ['--proxy', `socks5h://me:secret@127.0.0.1:${port}`];
      const url = `http://127.0.0.1:${target}/large`;
      const speed = await rated(SIZE, () => client('curl', ['-sS', '--fail', ...proxy, '-o', back, url]));
      await expectWhole(back);
      return `100 MB, ${speed}`;
    }),
  );
}

const nc = (port: number): [string, ...string[]] => ['nc', '-N', '127.0.0.1', String(port)];
const socat = (port: number): [string, ...string[]] => ['socat', '-t', '60', '-', `TCP:127.0.0.1:${port}`];

export const trials: readonly Trial[] = [
  { name: 'forwarder: nc -N, both ways at once', needs: ['nc', 'socat'], run: () => echoed('nc', nc) },
  { name: 'forwarder: nc -N, one way and then the other', needs: ['nc', 'socat'], run: () => hashed(nc) },
  { name: 'forwarder: socat, both ways at once', needs: ['socat'], run: () => echoed('socat', socat) },
  { name: 'forwarder: socat, one way and then the other', needs: ['socat'], run: () => hashed(socat) },
  { name: 'forwarder: socat, to a UNIX socket', needs: ['socat'], run: unix },
  { name: 'SOCKS5: curl', needs: ['curl'], run: socks },
];
