// Step 2: the HTTP/1.0 client, with node:http as its server.
import { once } from 'node:events';
import { createServer } from 'node:http';
import { run } from './program.ts';
import { since, step, tell } from './tell.ts';

export async function http(): Promise<void> {
  step('An HTTP/1.0 client, with node:http as its server', 'examples/http_client.ts');
  const server = createServer((request, response) => {
    tell('server', `${request.method} ${request.url} HTTP/${request.httpVersion}, Host: ${request.headers.host}`);
    response.sendDate = false;
    response.end('Hello from a real server\n');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;

  const begin = performance.now();
  const client = run('http_client.ts', ['localhost', '/hello', String(port)], (line) => tell('client', line.trimEnd()));
  await client.ended;
  tell('client', 'exited; total time', since(begin));
  server.close();
}
