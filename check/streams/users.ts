// The users of accepted sockets and of channels in the middle of a conversation: Node's servers, with the clients of
// others at the other end. What arrives is compared by hash, with each backend and each way to wait.
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import http from 'node:http';
import https from 'node:https';
import tls from 'node:tls';
import type { LoopOptions } from '../../lib/index.ts';
import { sockConnect } from '../../lib/promises.ts';
import { AF_INET, Socket } from '../../lib/socket.ts';
import { toDuplex } from '../../lib/stream.ts';
import { Child, runCommand } from '../../test/support/child.ts';
import { SMTPLIB, Smtp } from '../../test/support/starttls.ts';
import { listening } from '../../test/support/stream_server.ts';
import { equal, hash, type Options } from './files.ts';

/** Bytes each way. */
const SIZE = 50_000_000;
/** Seconds for a program. */
const PATIENCE = 120;

const LOOPS: readonly (LoopOptions & { readonly name: string })[] = (['select', 'poll'] as const).flatMap((backend) =>
  (['worker', 'inline'] as const).map((wait) => ({ name: `${backend}, ${wait}`, backend, wait })),
);

/** Runs a program to its end, which must be 0; gives what it printed. */
async function run(command: string, args: readonly string[]): Promise<string> {
  const { code, signal, stdout, stderr } = await runCommand(command, args, {}, PATIENCE);
  if (code !== 0) throw new Error(`${command} ended with ${code ?? signal}: ${stderr.trim()}`);
  return stdout;
}

/** Answers with `answer`, and with the hash of what it was sent in a header. */
function answering(answer: Buffer): http.RequestListener {
  return (request, response) => {
    const sum = createHash('sha256');
    request.on('data', (data) => sum.update(data));
    request.on('end', () => response.setHeader('X-Hash', sum.digest('hex')).end(answer));
  };
}

/** curl sends a body twice on one connection, and gets an answer each time. */
async function curl(url: string, sent: Buffer, answer: Buffer, path: () => string, args: string[] = []): Promise<void> {
  const [body, head, out] = [path(), path(), path()];
  await writeFile(body, sent);
  const post = ['-sS', ...args, '-D', head, '-H', 'Expect:', '--data-binary', `@${body}`, '-o', out, url];
  const connects = await run('curl', [...post, '--next', ...post, '-w', '%{num_connects}']);
  equal(connects, '0', 'connections for the second request');
  equal(hash(await readFile(out)), hash(answer), 'hash of the answer');
  equal(/x-hash: (\w+)/i.exec(await readFile(head, 'utf8'))?.[1], hash(sent), 'hash of the body');
}

export async function showHttp({ path, progress }: Options): Promise<string> {
  const [sent, answer] = [randomBytes(SIZE), randomBytes(SIZE)];
  const rates: string[] = [];
  for (const { name, ...loop } of LOOPS) {
    progress(`${name}, curl`);
    const big = http.createServer(answering(answer));
    await listening(
      loop,
      (sock) => big.emit('connection', toDuplex(sock)),
      (port) => curl(`http://127.0.0.1:${port}/`, sent, answer, path),
    );
    progress(`${name}, wrk`);
    const small = http.createServer((_, response) => response.end('hello\n'));
    await listening(
      loop,
      (sock) => small.emit('connection', toDuplex(sock)),
      async (port) => {
        const report = await run('wrk', ['-t1', '-c100', '-d3s', `http://127.0.0.1:${port}/`]);
        const rate = Number(/^Requests\/sec: +([\d.]+)/m.exec(report)?.[1]);
        if (!(rate > 0) || /Socket errors|Non-2xx/.test(report)) throw new Error(`wrk: ${report}`);
        rates.push(`${rate.toFixed()} (${name})`);
      },
    );
  }
  return `curl: ${SIZE / 1e6} MB each way, twice; wrk, 100 connections, requests in a second: ${rates.join(', ')}`;
}

export async function showHttps({ path, progress, trusted }: Options): Promise<string> {
  const [sent, answer] = [randomBytes(SIZE), randomBytes(SIZE)];
  for (const { name, ...loop } of LOOPS) {
    progress(name);
    const server = https.createServer({ key: trusted.key, cert: trusted.cert }, answering(answer));
    await listening(
      loop,
      (sock) => server.emit('connection', toDuplex(sock)),
      (port) => curl(`https://127.0.0.1:${port}/`, sent, answer, path, ['--cacert', trusted.path]),
    );
  }
  return `curl: ${SIZE / 1e6} MB each way, twice, with each backend and each way to wait`;
}

export async function showTls({ trusted }: Options): Promise<string> {
  const sent = randomBytes(SIZE);
  const server = tls.createServer({ key: trusted.key, cert: trusted.cert, allowHalfOpen: true }, (peer) => {
    peer.pipe(peer);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const sock = new Socket(AF_INET);
  await sockConnect(sock, ['127.0.0.1', port]);
  const stream = tls.connect({ socket: toDuplex(sock), ca: trusted.cert, servername: 'localhost' });
  stream.end(sent);
  const sum = createHash('sha256');
  for await (const data of stream) sum.update(data);
  equal(stream.authorized, true, 'authorized');
  equal(sum.digest('hex'), hash(sent), 'hash');
  server.close();
  await once(server, 'close');
  equal(sock.fileno(), -1, 'descriptor');
  return `${SIZE / 1e6} MB there and back, by hash`;
}

export async function showStarttls({ progress, trusted }: Options): Promise<string> {
  const count = 300_000;
  for (const { name, ...loop } of LOOPS) {
    Smtp.mails.length = 0;
    await listening(
      loop,
      (sock, map) => new Smtp(sock, map, trusted),
      async (port) => {
        progress(`${name}, smtplib`);
        equal(await run('python3', ['-c', SMTPLIB, String(port), trusted.path, String(count)]), 'sent', 'smtplib');
        progress(`${name}, openssl`);
        const at = ['-connect', `127.0.0.1:${port}`, '-CAfile', trusted.path, '-verify_return_error'];
        const client = new Child('openssl', ['s_client', '-starttls', 'smtp', '-quiet', '-crlf', ...at]);
        client.process.stdin?.write('NOOP\n');
        client.onLine((line) => line.startsWith('250 ok') && client.process.stdin?.write('QUIT\n'));
        equal((await client.ended).code, 0, 'openssl');
        equal(/250 ok\r\n221 bye\r\n$/.test(client.stdout), true, `openssl: ${client.stdout}`);
      },
    );
    const [mail = '', ...others] = Smtp.mails;
    const [head = '', ...rest] = mail.split('\n');
    equal(others.length, 0, 'other mails');
    equal(/^TLSv1\.[23] Subject: x$/.test(head), true, `head: ${head}`);
    equal(rest.length, count + 2, 'lines of the mail');
    equal(
      rest.slice(1, -1).every((line) => line === 'x'.repeat(70)),
      true,
      'the lines are those that were sent',
    );
  }
  return `smtplib.starttls with ${((count * 72) / 1e6).toFixed()} MB, and openssl s_client -starttls smtp, with each backend and each way to wait`;
}
