// examples/http_server.ts under curl, Python's http.client, and clients that mean no good.
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { runCommand } from '../support/child.ts';
import { Client, Program } from '../support/program.ts';

const outside = mkdtempSync(join(tmpdir(), 'http-server-'));
const folder = join(outside, 'site');
const large = randomBytes(20_000_000);
mkdirSync(join(folder, 'sub <dir>'), { recursive: true });
writeFileSync(join(outside, 'secret.txt'), 'secret');
writeFileSync(join(folder, 'hello.txt'), 'hello, world');
writeFileSync(join(folder, 'sub <dir>', 'a&b #1.html'), '<p>inside');
writeFileSync(join(folder, 'large.bin'), large);
writeFileSync(join(outside, 'upload.bin'), large.subarray(0, 8_000_000));
symlinkSync(join(outside, 'secret.txt'), join(folder, 'leak.txt'));
afterAll(() => rmSync(outside, { recursive: true }));

async function serve(patience = '20'): Promise<[url: string, port: number]> {
  const port = await new Program('examples/http_server.ts', [folder, '0', patience]).port();
  return [`http://127.0.0.1:${port}`, port];
}

async function curl(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await runCommand('curl', ['-sS', '--max-time', '10', ...args]);
  expect([code, stderr]).toEqual([0, '']);
  return stdout;
}

test('curl gets files, parts, heads and directories over one connection', async () => {
  const [url] = await serve();
  const count = ['-w', '\n%{http_code} %{num_connects}\n'];
  const two = await curl(...count, `${url}/hello.txt`, `${url}/hello.txt`, `${url}/missing`, `${url}/hello.txt`);
  const answer = (connects: number) => `hello, world\n200 ${connects}\n`;
  expect(two).toBe(`${answer(1)}${answer(0)}Not Found\n\n404 0\n${answer(0)}`);

  expect(await curl('-r', '7-', `${url}/hello.txt`)).toBe('world');
  expect(await curl('-r', '0-4', `${url}/hello.txt`)).toBe('hello');
  expect(await curl('-i', '-r', '-3', `${url}/hello.txt`)).toMatch(/^HTTP\/1.1 206 .*bytes 9-11\/12\r\n\r\nrld$/s);
  expect(await curl('-i', '-r', '50-', `${url}/hello.txt`)).toMatch(/^HTTP\/1.1 416 .*bytes \*\/12\r\n/s);
  expect(await curl('-I', `${url}/hello.txt`)).toMatch(/^HTTP\/1.1 200 OK\r\n.*Content-Length: 12\r\n\r\n$/s);
  const [, tag = ''] = /ETag: (.*)\r\n/.exec(await curl('-I', `${url}/hello.txt`)) ?? [];
  expect(await curl('-i', '-H', `If-None-Match: ${tag}`, `${url}/hello.txt`)).toMatch(/^HTTP\/1.1 304 /);

  expect(await curl(`${url}/`)).toContain('<a href="./sub%20%3Cdir%3E/">sub &#60;dir&#62;/</a>');
  const page = await curl('-L', `${url}/sub%20%3Cdir%3E`);
  const [, link = ''] = /href="(\.\/a[^"]*)"/.exec(page) ?? [];
  expect(await curl(new URL(link, `${url}/sub%20%3Cdir%3E/`).href)).toBe('<p>inside');
});

test('20 MB arrive whole, and in parts', async () => {
  const [url] = await serve();
  const script = `
import hashlib, sys, http.client
connection = http.client.HTTPConnection(sys.argv[1])
connection.request('GET', '/large.bin')
print(hashlib.sha256(connection.getresponse().read()).hexdigest())
whole = hashlib.sha256()
for start in range(0, 20_000_000, 3_000_000):
    connection.request('GET', '/large.bin', headers={'Range': f'bytes={start}-{start + 2_999_999}'})
    whole.update(connection.getresponse().read())
print(whole.hexdigest())
`;
  const { stdout, stderr } = await runCommand('python3', ['-c', script, url.slice('http://'.length)]);
  const hash = createHash('sha256').update(large).digest('hex');
  expect([stdout, stderr]).toEqual([`${hash}\n${hash}\n`, '']);
});

test('nothing outside of the folder is served', async () => {
  const [url] = await serve();
  const status = (path: string) => curl('--path-as-is', '-o', '/dev/null', '-w', '%{http_code}', `${url}${path}`);
  expect(await status('/../secret.txt')).toBe('400');
  expect(await status('/sub/../../secret.txt')).toBe('400');
  expect(await status('/%2e%2e/secret.txt')).toBe('400');
  expect(await status('/..%2fsecret.txt')).toBe('400');
  expect(await status('/leak.txt')).toBe('403');
  expect(await status('/hello.txt%00.png')).toBe('400');
  expect(await status('/%zz')).toBe('400');
  expect(await curl('--path-as-is', '-I', `${url}//sub%20%3Cdir%3E`)).toContain('Location: /sub%20%3Cdir%3E/\r\n');
});

test('pipelined requests are answered in order, also when the client has ended its side', async () => {
  const [, port] = await serve();
  const client = new Client(port);
  const request = (path: string) => `GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`;
  client.socket.end(`${request('/hello.txt')}${request('/missing')}\r\n${request('/hello.txt')}`);
  await client.closed;
  const bodies = client.received
    .split(/HTTP\/1\.1 /)
    .map((answer) => `${answer.slice(0, 3)} ${answer.split('\r\n\r\n')[1]}`);
  expect(bodies).toEqual([' undefined', '200 hello, world', '404 Not Found\n', '200 hello, world']);
});

test('what is no request is refused as HTTP says', async () => {
  const [url, port] = await serve();
  const answers: [request: string, status: number][] = [
    ['nonsense\r\n\r\n', 400],
    ['GET /hello.txt HTTP/1.1\r\n\r\n', 400],
    ['GET /hello.txt HTTP/1.1\r\nHost: x\r\n folded\r\n\r\n', 400],
    ['GET /hello.txt HTTP/2.0\r\nHost: x\r\n\r\n', 505],
    [`GET /${'x'.repeat(20_000)} HTTP/1.1\r\nHost: x\r\n\r\n`, 431],
    [`GET / HTTP/1.1\r\nHost: x\r\n${'X-More: and more\r\n'.repeat(2_000)}`, 431],
  ];
  for (const [request, status] of answers) {
    const client = new Client(port);
    client.socket.write(request);
    await client.closed;
    expect(client.received).toMatch(new RegExp(`^HTTP/1.1 ${status} .*Connection: close\r\n`, 's'));
  }
  expect(await curl('-i', '-X', 'DELETE', `${url}/hello.txt`)).toMatch(/^HTTP\/1.1 405 .*Allow: GET, HEAD\r\n/s);
  const upload = ['-i', '--data-binary', `@${join(outside, 'upload.bin')}`, '-H', 'Expect:'];
  expect(await curl(...upload, `${url}/hello.txt`)).toMatch(/^HTTP\/1.1 405 .*Connection: close\r\n/s);
});

test('clients that are slow, silent or gone are not waited for', async () => {
  const [url, port] = await serve('1');
  const silent = new Client(port);
  const slow = new Client(port);
  slow.socket.write('GET / HTTP/1.1\r\nX: ');
  const drip = setInterval(() => slow.socket.write('x'), 100);
  const half = new Client(port);
  half.socket.write('GET / HTTP/1.1\r\n');
  const deaf = new Client(port);
  deaf.socket.pause();
  deaf.socket.write('GET /large.bin HTTP/1.1\r\nHost: x\r\n\r\n'.repeat(3));
  const gone = new Client(port);
  await gone.isConnected();
  gone.socket.write('GET /large.bin HTTP/1.1\r\nHost: x\r\n\r\n');
  await gone.receives('HTTP/1.1 200 OK');
  gone.socket.resetAndDestroy();

  await Promise.all([silent.closed, slow.closed, half.closed]);
  clearInterval(drip);
  expect(silent.received).toBe('');
  expect(slow.received).toMatch(/^HTTP\/1.1 408 /);
  expect(half.received).toMatch(/^HTTP\/1.1 408 /);
  const reset = new Promise((settle) => deaf.socket.once('error', settle));
  deaf.socket.write('more'); // a write to a connection that the server has dropped fails at last
  const probe = setInterval(() => deaf.socket.write('more'), 100);
  await reset;
  clearInterval(probe);
  expect(await curl(`${url}/hello.txt`)).toBe('hello, world');
});
