// What streams are for: http, https, tls, STARTTLS, pipelines, FIFOs and terminals, with the programs of
// others at the other end.
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, constants, openSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import http from 'node:http';
import https from 'node:https';
import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import tls from 'node:tls';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { FileWrapper } from '../../lib/index.ts';
import { waitWritable } from '../../lib/promises.ts';
import { type Address, AF_INET, Socket, socketpair } from '../../lib/socket.ts';
import { toDuplex, toReadable, toWritable } from '../../lib/stream.ts';
import { type Certificate, certificate } from '../support/certificate.ts';
import { Child, runCommand } from '../support/child.ts';
import { BACKENDS, temporaryPath } from '../support/matrix.ts';
import { SMTPLIB, Smtp } from '../support/starttls.ts';
import { listening } from '../support/stream_server.ts';
import { throughZlib } from '../support/zlib.ts';

/** Seconds, and milliseconds for a test: the machine may be busy with others. */
const PATIENCE = 60;
vi.setConfig({ testTimeout: 1000 * PATIENCE });

const hash = (data: Buffer | string) => createHash('sha256').update(data).digest('hex');

/** Listens, and connects as a Socket. */
async function connected(port: number): Promise<Socket> {
  const sock = new Socket(AF_INET);
  const address: Address = ['127.0.0.1', port];
  sock.connectEx(address);
  return sock;
}

let trusted: Certificate;
beforeAll(() => {
  trusted = certificate(temporaryPath);
});

describe.each(BACKENDS)('accepted sockets (%s)', (backend) => {
  test('are connections of http.createServer(), for curl: bodies both ways, kept alive', async () => {
    const body = randomBytes(5_000_000);
    const path = temporaryPath();
    const requests: string[] = [];
    const server = http.createServer((request, response) => {
      const sum = createHash('sha256');
      request.on('data', (data) => sum.update(data));
      request.on('end', () => {
        requests.push(`${request.method} ${request.url} ${request.socket.remoteAddress} ${sum.digest('hex')}`);
        response.end(body);
      });
    });
    server.keepAliveTimeout = 200;
    await writeFile(path, body);
    await listening(
      { backend },
      (sock) => server.emit('connection', toDuplex(sock)),
      async (port) => {
        const url = `http://127.0.0.1:${port}`;
        const out = temporaryPath();
        const post = ['--data-binary', `@${path}`, '-H', 'Expect:', `${url}/one`, '-o', out];
        const get = ['--next', '-s', `${url}/two`, '-o', `${out}-2`, '-w', '%{num_connects}'];
        const { code, stdout, stderr } = await runCommand('curl', ['-sS', ...post, ...get], {}, PATIENCE);
        expect({ code, stdout }, stderr).toEqual({ code: 0, stdout: '0' });
        for (const name of [out, `${out}-2`]) expect(hash(await readFile(name))).toBe(hash(body));
        const from = '127.0.0.1';
        expect(requests).toEqual([`POST /one ${from} ${hash(body)}`, `GET /two ${from} ${hash('')}`]);
      },
    );
  });

  test('are connections of https.createServer(): 10 MB each way, by hash', async () => {
    const sent = randomBytes(10_000_000);
    const answer = randomBytes(10_000_000);
    const server = https.createServer({ key: trusted.key, cert: trusted.cert }, (request, response) => {
      const sum = createHash('sha256');
      request.on('data', (data) => sum.update(data));
      request.on('end', () => response.setHeader('X-Hash', sum.digest('hex')).end(answer));
    });
    await listening(
      { backend },
      (sock) => server.emit('connection', toDuplex(sock)),
      async (port) => {
        const options = { method: 'POST', ca: trusted.cert, agent: false };
        const request = https.request(`https://localhost:${port}/`, { ...options, family: 4 });
        request.end(sent);
        const [response] = await once(request, 'response');
        const sum = createHash('sha256');
        for await (const data of response) sum.update(data);
        expect(response.headers['x-hash']).toBe(hash(sent));
        expect(sum.digest('hex')).toBe(hash(answer));
      },
    );
  });
});

test('tls.connect({ socket }) speaks TLS over a Socket, and half-closes it', async () => {
  const sent = randomBytes(3_000_000);
  const server = tls.createServer({ key: trusted.key, cert: trusted.cert, allowHalfOpen: true }, (peer) => {
    const sum = createHash('sha256');
    peer.on('data', (data) => sum.update(data));
    peer.on('end', () => peer.end(sum.digest('hex')));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const sock = await connected(typeof address === 'object' ? (address?.port ?? 0) : 0);
  await waitWritable(sock, { timeout: 5 });
  const stream = tls.connect({ socket: toDuplex(sock), ca: trusted.cert, servername: 'localhost' });
  await once(stream, 'secureConnect');
  expect(stream.authorized).toBe(true);
  stream.end(sent);
  let answer = '';
  for await (const data of stream) answer += data;
  expect(answer).toBe(hash(sent));
  server.close();
  await once(server, 'close');
  expect(sock.fileno()).toBe(-1);
});

describe.each(BACKENDS)('STARTTLS in the middle of an AsyncChat conversation (%s)', (backend) => {
  const serve = (use: (port: number) => Promise<void>) =>
    listening({ backend }, (sock, map) => new Smtp(sock, map, trusted), use);

  test('for smtplib.starttls, which sends a mail of 200 kB', async () => {
    Smtp.mails.length = 0;
    await serve(async (port) => {
      const { code, stdout, stderr } = await runCommand(
        'python3',
        ['-c', SMTPLIB, String(port), trusted.path, '3000'],
        {},
        PATIENCE,
      );
      expect({ code, stdout }, stderr).toEqual({ code: 0, stdout: 'sent' });
    });
    expect(Smtp.mails).toHaveLength(1);
    expect(Smtp.mails[0]).toMatch(/^TLSv1\.[23] Subject: x\n\n(x{70}\n){3000}end$/);
  });

  test('for openssl s_client', async () => {
    await serve(async (port) => {
      const at = ['-connect', `127.0.0.1:${port}`, '-CAfile', trusted.path, '-verify_return_error'];
      const client = new Child('openssl', ['s_client', '-starttls', 'smtp', '-quiet', '-crlf', ...at]);
      client.process.stdin?.write('NOOP\n');
      client.onLine((line) => line.startsWith('250 ok') && client.process.stdin?.write('QUIT\n'));
      const { code } = await client.ended;
      expect({ code, stdout: client.stdout }, client.stderr).toEqual({
        code: 0,
        stdout: expect.stringContaining('250 ok\r\n221 bye\r\n'),
      });
    });
  });
});

test('pipeline() of 160 MB through zlib, over a socketpair: by hash, and with memory flat', async () => {
  let most = 0;
  const { rss } = process.memoryUsage();
  const { sent, received } = await throughZlib(160, () => {
    most = Math.max(most, process.memoryUsage().rss - rss);
  });
  expect(received).toBe(sent);
  expect(most / (1 << 20)).toBeLessThan(100);
}, 120_000);

test('eight FIFOs that nobody writes to, piped, and fs.readFile goes on', async () => {
  const paths = Array.from({ length: 8 }, temporaryPath);
  await runCommand('mkfifo', paths);
  const received: Buffer[][] = paths.map(() => []);
  const ends = paths.map((path, i) => {
    const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const stream = toReadable(fd);
    closeSync(fd);
    const sink = new Writable({
      write(data, _encoding, done) {
        received[i]?.push(data);
        done();
      },
    });
    return pipeline(stream, sink);
  });
  // The thread pool is free.
  for (let i = 0; i < 20; i++) await readFile(import.meta.filename);
  const writers = paths.map((path) => runCommand('sh', ['-c', 'head -c 300000 /dev/zero > "$1"', 'sh', path]));
  await Promise.all([...ends, ...writers]);
  for (const data of received) expect(Buffer.concat(data).length).toBe(300_000);
});

test('a terminal, both ways, until the program at its other side has ended', async () => {
  // Python opens it and hands its number over, because Node cannot.
  const program = `
import os, pty, sys, tty
pid, master = pty.fork()
if pid == 0:
    tty.setraw(0)
    os.execvp('sh', ['sh', '-c', 'printf ready; head -c 5; printf bye'])
os.set_inheritable(master, True)
os.dup2(master, 3)
os.execvp(sys.argv[1], sys.argv[1:])
`;
  const script = `
import { toDuplex } from '${new URL('../../lib/stream.ts', import.meta.url).href}';
const terminal = toDuplex(3);
let text = '';
for await (const data of terminal) {
  text += data;
  if (text === 'ready') terminal.write('hello');
}
console.log(text);
terminal.destroy();
`;
  const node = [process.execPath, '--import', 'tsx', '--input-type=module', '--eval', script];
  const { code, stdout, stderr } = await runCommand('python3', ['-c', program, ...node], {}, PATIENCE);
  expect({ code, stdout }, stderr).toEqual({ code: 0, stdout: 'readyhellobye\n' });
});

test('a FileWrapper of standard input of a child is written to as a stream', async () => {
  const child = new Child('sha256sum', []);
  const body = randomBytes(2_000_000);
  const [here, there] = socketpair();
  // Not through the child's own stream: any descriptor does.
  const writer = toWritable(new FileWrapper(here.fileno()));
  here.close();
  const done = pipeline(toReadable(there), child.process.stdin ?? new Writable());
  await pipeline([body], writer);
  await done;
  await child.ended;
  expect(child.stdout.slice(0, 64)).toBe(hash(body));
});
