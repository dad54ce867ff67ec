// examples/socks5.ts under curl, in front of a server of Node's and one of ours, and clients that mean no good.
import { createHash, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import { createServer as createTcpServer, type Server } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { runCommand } from '../support/child.ts';
import { Client, Program } from '../support/program.ts';

const large = randomBytes(10_000_000);
const hash = (data: Buffer) => createHash('sha256').update(data).digest('hex');
const open = new Set<Server>();
afterEach(() => {
  for (const server of open) server.close();
  open.clear();
});

async function listen(server: Server): Promise<number> {
  open.add(server);
  await new Promise<void>((proceed) => server.listen(0, '127.0.0.1', proceed));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

/** Answers each request with 10 MB, and with the hash of its body. */
const web = () =>
  listen(
    createServer(async (request, response) => {
      const body: Buffer[] = [];
      for await (const piece of request) body.push(piece);
      response.setHeader('X-Hash', hash(Buffer.concat(body)));
      response.end(request.url === '/large' ? large : 'small');
    }),
  );

async function curl(...args: string[]) {
  const { code, stdout } = await runCommand('curl', ['-s', '--max-time', '10', ...args]);
  return [code, stdout];
}

test('curl: by address and by name, down and up', async () => {
  const [proxy, port] = [await new Program('examples/socks5.ts').port(), await web()];
  expect(await curl('--socks5', `127.0.0.1:${proxy}`, `http://127.0.0.1:${port}/`)).toEqual([0, 'small']);
  const byName = ['--socks5-hostname', `127.0.0.1:${proxy}`];
  expect(await curl(...byName, `http://localhost:${port}/`)).toEqual([0, 'small']);
  const sum = ['sh', '-c', `curl -s --socks5 127.0.0.1:${proxy} http://127.0.0.1:${port}/large | sha256sum`];
  const [command = '', ...args] = sum;
  expect((await runCommand(command, args)).stdout).toContain(hash(large));
  const up = `head -c 10000000 /dev/zero | curl -s --socks5 127.0.0.1:${proxy} -T - -D - http://127.0.0.1:${port}/`;
  expect((await runCommand('sh', ['-c', up])).stdout).toContain(hash(Buffer.alloc(10_000_000)));
});

test('curl: a name and a password', async () => {
  const [proxy, port] = [await new Program('examples/socks5.ts', ['0', 'me:secret']).port(), await web()];
  const get = (login: string) => curl('--proxy', `socks5h://${login}127.0.0.1:${proxy}`, `http://127.0.0.1:${port}/`);
  expect(await get('me:secret@')).toEqual([0, 'small']);
  expect(await get('me:secreT@')).toEqual([97, '']);
  expect(await get('me:secret2@')).toEqual([97, '']);
  expect(await get('')).toEqual([97, '']);
});

test('each side ends on its own, and what is sent ahead of time arrives', async () => {
  const proxy = await new Program('examples/socks5.ts').port();
  const echo = createTcpServer({ allowHalfOpen: true }, (socket) => socket.pipe(socket));
  const port = await listen(echo);
  const client = new Client(proxy);
  const request = Buffer.of(5, 1, 0, 5, 1, 0, 1, 127, 0, 0, 1, port >> 8, port & 0xff);
  client.socket.end(Buffer.concat([request, Buffer.from('to be echoed')]));
  await client.closed;
  expect(client.received.slice(-12)).toBe('to be echoed');
});

test('what cannot be done is answered as SOCKS says', async () => {
  const proxy = await new Program('examples/socks5.ts').port();
  const unused = createTcpServer();
  const port = await listen(unused);
  await new Promise((proceed) => unused.close(proceed));
  const target = [127, 0, 0, 1, port >> 8, port & 0xff];
  const name = 'no.such.host.invalid';
  const answers: [request: number[], answer: number[]][] = [
    [
      [5, 1, 2],
      [5, 0xff],
    ], // a password is not wanted
    [
      [5, 0],
      [5, 0xff],
    ],
    [
      [5, 1, 0, 5, 1, 0, 1, ...target],
      [5, 0, 5, 5],
    ], // refused
    [
      [5, 1, 0, 5, 1, 0, 3, name.length, ...Buffer.from(name), 0, 80],
      [5, 0, 5, 4],
    ], // unknown host
    [
      [5, 1, 0, 5, 2, 0, 1, ...target],
      [5, 0, 5, 7],
    ], // BIND
    [
      [5, 1, 0, 5, 1, 0, 9, ...target],
      [5, 0, 5, 8],
    ], // an unknown type of address
    [[4, 1, ...target, 0], []], // SOCKS4
    [[...Buffer.from('GET / HTTP/1.1\r\n\r\n')], []],
  ];
  for (const [request, answer] of answers) {
    const client = new Client(proxy);
    client.socket.setEncoding('latin1');
    client.socket.write(Buffer.from(request));
    await client.closed;
    expect([...Buffer.from(client.received, 'latin1').subarray(0, 4)]).toEqual(answer);
  }
});

test('clients that are slow, silent or gone are not waited for', async () => {
  const program = new Program('examples/socks5.ts', ['0', '', '1']);
  const [proxy, port] = [await program.port(), await web()];
  const [silent, slow, gone] = [new Client(proxy), new Client(proxy), new Client(proxy)];
  slow.socket.write(Buffer.of(5, 200));
  const drip = setInterval(() => slow.socket.write(Buffer.of(7)), 100);
  gone.socket.end(Buffer.of(5, 1, 0, 5, 1));
  await Promise.all([silent.closed, slow.closed, gone.closed]);
  clearInterval(drip);
  expect(await curl('--socks5', `127.0.0.1:${proxy}`, `http://127.0.0.1:${port}/`)).toEqual([0, 'small']);
  expect(program.lines).toHaveLength(1);
});
