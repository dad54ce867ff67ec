// examples/handover.ts: a client of Python's talks on over one connection while two processes pass it on.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { Child } from '../support/child.ts';
import { Client, Program } from '../support/program.ts';
import { eventually } from '../support/wait.ts';

const folder = mkdtempSync(join(tmpdir(), 'handover-'));
afterAll(() => rmSync(folder, { recursive: true }));

const CLIENT = `
import socket, sys
sock = socket.create_connection(('127.0.0.1', int(sys.argv[1]))); file = sock.makefile('rb')
for line in sys.stdin:
    sock.sendall(line.strip('\\n').replace('|', '\\n').encode())
    if '|' in line: print(file.readline().decode(), end='', flush=True)
print(file.read())
`;

test('a live connection, half a line and the listener pass from process to process', async () => {
  const path = join(folder, 'handover.sock');
  const pid = async (program: Program) => (await program.prints(/^(\d+) has \d+ connections$/m))[1];
  const first = new Program('examples/handover.ts', [path]);
  const port = await first.port();
  const python = new Child('python3', ['-c', CLIENT, String(port)]);
  const say = async (text: string, answer: string) => {
    python.process.stdin?.write(`${text}\n`);
    await eventually(
      () => python.stdout.includes(`${answer}\n`),
      () => `${answer} did not come: ${python.stdout}`,
      15,
    );
  };
  await say('one|', `${await pid(first)} 1 one`);
  await say('two|begun, ', `${await pid(first)} 2 two`);

  const crowd = Array.from({ length: 50 }, () => new Client(port));
  for (const client of crowd) client.socket.write('hello\n');
  for (const client of crowd) await client.receives(' 1 hello\n');

  const second = new Program('examples/handover.ts', [path]);
  expect(await second.port()).toBe(port);
  await second.prints(/has 51 connections/);
  await first.prints(/has given all away, and keeps 0$/m);
  expect(await first.ended).toEqual({ code: 0, signal: null });
  await say('ended|', `${await pid(second)} 3 begun, ended`);

  const third = new Program('examples/handover.ts', [path]);
  await third.prints(/has 51 connections/);
  expect(await second.ended).toEqual({ code: 0, signal: null });
  for (const client of crowd) client.socket.write('again\n');
  for (const client of crowd) await client.receives(`${await pid(third)} 2 again\n`);
  await say('last|', `${await pid(third)} 4 last`);
  const late = new Client(port);
  late.socket.write('late\n');
  await late.receives(`${await pid(third)} 1 late\n`);

  await third.end('SIGKILL');
  python.process.stdin?.end();
  await python.ended;
  expect(python.stdout).toMatch(/b''\n$/);
});
