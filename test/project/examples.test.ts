// Every file of examples/ is run for real, each as a process of its own, and so is the tour, whose
// output the README shows.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type Server } from 'node:net';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { select } from '../../lib/select.ts';
import { openpty, ttyname } from '../../lib/tty.ts';
import { runCommand } from '../support/child.ts';
import { temporaryPath } from '../support/matrix.ts';
import { Client, Program } from '../support/program.ts';
import { attributes, settings } from '../support/terminal.ts';

const ROOT = resolve(import.meta.dirname, '../..');

async function listening(server: Server): Promise<number> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

test('echo_server sends back what it receives, to several clients at once', async () => {
  const server = new Program('examples/echo_server.ts');
  const port = await server.port();
  const clients = ['one', 'two', 'three'].map((text) => ({ text: text.repeat(50_000), client: new Client(port) }));
  for (const { text, client } of clients) client.socket.write(text);
  for (const { text, client } of clients) {
    await client.receives(text);
    expect(client.received).toBe(text);
    await client.close();
  }
  expect(server.lines.filter((line) => line.startsWith('incoming connection from ["127.0.0.1",'))).toHaveLength(3);
});

test('http_client prints the answer of a real server and ends', async () => {
  const asked: string[] = [];
  const server = createHttpServer((request, response) => {
    asked.push(`${request.method} ${request.url} HTTP/${request.httpVersion} for ${request.headers.host}`);
    response.end('x'.repeat(100_000));
  });
  const port = await listening(server);
  const client = new Program('examples/http_client.ts', ['localhost', '/some/file', String(port)]);
  expect(await client.ended).toEqual({ code: 0, signal: null });
  server.close();
  expect(asked).toEqual(['GET /some/file HTTP/1.0 for localhost']);
  expect(client.lines[0]).toMatch(/^HTTP\/1.1 200 OK/);
  expect(client.output.endsWith('x'.repeat(100_000))).toBe(true);
});

test('http_client reports a server that is not there', async () => {
  const server = createServer();
  const port = await listening(server);
  server.close();
  await once(server, 'close');
  const client = new Program('examples/http_client.ts', ['127.0.0.1', '/', String(port)]);
  expect(await client.ended).toEqual({ code: 0, signal: null });
  expect(client.output).toContain('ECONNREFUSED');
});

test('fifos reads eight FIFOs while fs.readFile answers', async () => {
  const fifos = new Program('examples/fifos.ts');
  expect(await fifos.ended).toEqual({ code: 0, signal: null });
  const said = fifos.lines.filter((line) => line.endsWith(': hello from another process'));
  expect(said.toSorted()).toEqual(Array.from({ length: 8 }, (_, i) => `fifo-${i + 1}: hello from another process`));
  expect(fifos.output).toMatch(/^fs.readFile, 20 times: \d+\.\d ms at most$/m);
  expect(fifos.lines.at(-1)).toBe('all have ended');
});

test('fifos_starved gets no answer from fs.readFile', async () => {
  const starved = new Program('examples/fifos_starved.ts');
  expect(await starved.ended).toEqual({ code: null, signal: 'SIGKILL' });
  expect(starved.lines.at(-1)).toBe('fs.readFile: no answer within 1000 ms');
});

test('tail goes on when the writers of its FIFOs have gone', async () => {
  const [first, second] = [temporaryPath(), temporaryPath()];
  execFileSync('mkfifo', [first, second]);
  const tail = new Program('examples/tail.ts', [first, second]);
  // Opening a FIFO for writing waits for its reader; a writer each, who comes and goes.
  const write = (path: string, text: string) =>
    execFileSync('sh', ['-c', 'printf %s "$2" > "$1"', 'sh', path, text], { timeout: 15_000 });
  write(first, 'one\ntw');
  await tail.prints(new RegExp(`^${first}: one$`, 'm'));
  write(second, 'three\n');
  await tail.prints(new RegExp(`^${second}: three$`, 'm'));
  write(first, 'o\n');
  await tail.prints(new RegExp(`^${first}: two$`, 'm'));
  expect(await tail.end('SIGINT')).toEqual({ code: null, signal: 'SIGINT' });
});

test('stdin tells the streams of a child and its own stdin apart', async () => {
  const command = 'echo out; echo err >&2; read line < "$0"; echo "end: $line"';
  const path = temporaryPath();
  execFileSync('mkfifo', [path]);
  const stdin = new Program('examples/stdin.ts', ['sh', '-c', command, path], 'kept');
  await stdin.prints(/^stdout: out$/m);
  await stdin.prints(/^stderr: err$/m);
  stdin.stdin.write('typed');
  await stdin.prints(/^stdin: typed$/m);
  writeFileSync(path, 'now\n');
  await stdin.prints(/^stdout: end: now$/m);
  expect(await stdin.ended).toEqual({ code: 0, signal: null });
  expect(stdin.output).not.toContain('stdin has ended');
});

test('chat_server tells everybody what one guest says', async () => {
  const server = new Program('examples/chat_server.ts');
  const port = await server.port();
  const ann = new Client(port);
  await ann.receives('Your name?\n');
  ann.socket.write('Ann\n');
  await ann.receives('Ann has joined (1 here)\n');
  const bob = new Client(port);
  bob.socket.write('Bo');
  await bob.receives('Your name?\n');
  bob.socket.write('b\nhel');
  await ann.receives('Bob has joined (2 here)\n');
  bob.socket.write('lo\r\nwörld\n');
  for (const client of [ann, bob]) await client.receives('Bob: hello\nBob: wörld\n');
  bob.socket.write('/quit\n');
  await bob.closed;
  expect(bob.received).toMatch(/Bye!\n$/);
  await ann.receives('Bob has left\n');
  await ann.close();
});

test('backpressure keeps what waits at the mark while both sides go on', async () => {
  const program = new Program('examples/backpressure.ts');
  expect(await program.ended).toEqual({ code: 0, signal: null });
  // The first number is the end of the time.
  const rows = program.lines.slice(1).map((line) => [...line.matchAll(/\d+(?= |$)/g)].slice(1).map(Number));
  expect(rows).toHaveLength(5);
  // KiB: the mark is 128, and what goes past it is one piece of 16.
  for (const [, waiting, , , queued, relayed] of rows) {
    expect(waiting).toBeLessThan(144);
    expect(queued).toBeLessThanOrEqual(16);
    expect(relayed).toBeLessThan(144);
  }
  const [pushed, , read = 0, produced, , , readBehind = 0] = rows.at(-1) ?? [];
  for (const count of [read, readBehind]) expect(count).toBeGreaterThan(144);
  expect(pushed).toBeGreaterThan(read);
  expect(produced).toBeGreaterThan(readBehind);
});

test('port_forwarder carries a large transfer both ways', async () => {
  const target = createServer((socket) => socket.pipe(socket));
  const forwarder = new Program('examples/port_forwarder.ts', ['0', `127.0.0.1:${await listening(target)}`]);
  const client = new Client(await forwarder.port());
  const text = 'forward '.repeat(1 << 19);
  client.socket.write(text);
  await client.receives(text);
  await client.close();
  target.close();
  await once(target, 'close');
});

/** Sends standard input, ends its side, and only then reads: the hash of what came back. */
const ASKING = `
import hashlib, socket, sys
client = socket.create_connection(('127.0.0.1', int(sys.argv[1])))
client.sendall(sys.argv[2].encode() * int(sys.argv[3]))
client.shutdown(socket.SHUT_WR)
digest = hashlib.sha256()
while data := client.recv(1 << 16):
    digest.update(data)
print(digest.hexdigest())
`;

test('port_forwarder passes on each end: 100 MB, then its end, and then 100 MB back', {
  timeout: 120_000,
}, async () => {
  const size = 100_000_000;
  const answer = Buffer.alloc(size, 'answer ');
  const asked = createHash('sha256');
  const target = createServer({ allowHalfOpen: true }, (socket) => {
    socket.on('data', (data) => asked.update(data));
    // An answer to everything: nothing is sent before the end has come.
    socket.once('end', () => socket.end(answer));
  });
  const forwarder = new Program('examples/port_forwarder.ts', ['0', `127.0.0.1:${await listening(target)}`]);
  const text = 'question ';
  const args = ['-c', ASKING, String(await forwarder.port()), text, String(Math.ceil(size / text.length))];
  const { stdout, stderr } = await runCommand('python3', args, {}, 110);
  expect(stdout.trim(), stderr).toBe(createHash('sha256').update(answer).digest('hex'));
  const sent = text.repeat(Math.ceil(size / text.length));
  expect(asked.digest('hex')).toBe(createHash('sha256').update(sent).digest('hex'));
  target.close();
  await once(target, 'close');
});

test('port_forwarder survives a target that refuses', async () => {
  const target = createServer();
  const port = await listening(target);
  target.close();
  await once(target, 'close');
  const forwarder = new Program('examples/port_forwarder.ts', ['0', `127.0.0.1:${port}`]);
  for (const client of [new Client(await forwarder.port()), new Client(await forwarder.port())]) {
    await client.closed;
    expect(client.received).toBe('');
  }
  expect(forwarder.output).toContain('ECONNREFUSED');
});

test('serial talks to a device of its own', async () => {
  const serial = new Program('examples/serial.ts');
  expect(await serial.ended, serial.output).toEqual({ code: 0, signal: null });
  expect(serial.lines.map((line) => line.replace(/^\S+ <-/, '<-'))).toEqual([
    '<- AT',
    'device: OK',
    '<- ATI',
    'device: a device at the end of a terminal',
    '<- ATX',
    'device: ERROR',
  ]);
});

test('serial talks to a device on a line, and leaves the line as it was', async () => {
  const [device, line] = openpty();
  const before = attributes(line);
  const serial = new Program('examples/serial.ts', [ttyname(line), '9600'], 'kept');
  await serial.prints(/^connected to \S+ at 9600 baud$/m);
  expect(settings(line).has('9600')).toBe(true);
  serial.stdin.write('hello\n');
  const [[ready]] = await select([device], [], [], 15);
  expect(ready?.recv(100).toString()).toBe('hello\r\n');
  device.write('who is there?\r\n');
  await serial.prints(/^device: who is there\?$/m);
  expect(await serial.end('SIGINT')).toEqual({ code: null, signal: 'SIGINT' });
  expect(attributes(line)).toBe(before);
  for (const file of [device, line]) file.close();
});

test('supervisor watches fifty children and a control socket in one map', async () => {
  const path = temporaryPath();
  const says = 'echo "out of $CHILD"; printf "err of $CHILD" >&2; exec sleep 60 2>/dev/null >/dev/null';
  const supervisor = new Program('examples/supervisor.ts', [path, '50', 'sh', '-c', says]);
  await supervisor.prints(/^control socket: /m);
  const numbers = Array.from({ length: 50 }, (_, i) => i + 1);
  for (const number of numbers) {
    await supervisor.prints(new RegExp(`^${number}: out of ${number}$`, 'm'));
    await supervisor.prints(new RegExp(`^${number} \\(stderr\\): err of ${number}$`, 'm'));
  }
  const control = new Client(path);
  control.socket.write('status\nkill 7\nkill 99\nhello\n');
  await control.receives('status, kill or quit?\n');
  expect(control.received).toBe(
    `50 running: ${numbers.join(' ')}\ntold to end\nno such child\nstatus, kill or quit?\n`,
  );
  await supervisor.prints(/^7 ended: SIGTERM$/m);
  control.socket.write('quit\n');
  await control.receives('49 told to end\n');
  expect(await supervisor.ended).toEqual({ code: 0, signal: null });
  await control.closed;
  for (const number of numbers) expect(supervisor.lines).toContain(`${number} ended: SIGTERM`);
  expect(supervisor.lines).toHaveLength(151);
}, 60_000);

test('the tour ends with success and in time, and prints what the README shows', async () => {
  const begin = performance.now();
  const tour = new Program('examples/tour.ts');
  expect(await tour.ended, tour.output).toEqual({ code: 0, signal: null });
  expect(performance.now() - begin).toBeLessThan(30_000);
  const readme = readFileSync(resolve(ROOT, 'README.md'), 'utf8');
  const [, shown = ''] = /<!-- tour:start -->\s*```text\n(.*?)```\s*<!-- tour:end -->/s.exec(readme) ?? [];
  // Numbers differ from run to run, and so does the order of what happens at the same time.
  const shape = (text: string) =>
    text
      .split('\n')
      .filter((line) => line !== '')
      .map((line) =>
        line
          .replace(/v[\d.]+/, '#')
          .replace(/ +/g, ' ')
          .replace(/\d+\.\d( m?s)/, '#$1')
          .replace(/,\d+\]/, ',#]'),
      )
      .toSorted();
  expect(shape(tour.output)).toEqual(shape(shown));
}, 40_000);

test('examples/README.md lists every example', () => {
  const index = readFileSync(resolve(ROOT, 'examples/README.md'), 'utf8');
  const files = readdirSync(resolve(ROOT, 'examples')).filter((name) => name.endsWith('.ts'));
  for (const name of files) expect(index).toContain(`](${name})`);
});
