// Step 1: the echo server, with node:net as its client.
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { type Program, run } from './program.ts';
import { since, step, tell } from './tell.ts';

/** Starts the server, which prints its port on its first line. */
function start(): Promise<[Program, number]> {
  return new Promise((resolve) => {
    const server = run('echo_server.ts', [], (line) => {
      tell('server', line);
      const [, port] = /^listening on .*,(\d+)\]$/.exec(line) ?? [];
      if (port !== undefined) resolve([server, Number(port)]);
    });
  });
}

async function exchange(client: ReturnType<typeof connect>, data: Buffer): Promise<boolean> {
  client.write(data);
  const pieces: Buffer[] = [];
  for (let size = 0; size < data.length; ) {
    const [piece]: Buffer[] = await once(client, 'data');
    if (piece === undefined) return false;
    pieces.push(piece);
    size += piece.length;
  }
  return Buffer.concat(pieces).equals(data);
}

export async function echo(): Promise<void> {
  step('An echo server, with node:net as its client', 'examples/echo_server.ts');
  const [server, port] = await start();
  const client = connect(port, '127.0.0.1');
  await once(client, 'connect');
  for (const [what, data] of [
    ["'hello'", Buffer.from('hello')],
    ['1 MiB of random bytes', randomBytes(1 << 20)],
  ] as const) {
    const begin = performance.now();
    const isSame = await exchange(client, data);
    tell('client', `sent ${what} and received ${isSame ? 'the same' : 'something else'}`, since(begin));
  }
  client.end();
  await once(client, 'close');
  server.kill();
  await server.ended;
}
