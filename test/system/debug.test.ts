// NODE_DEBUG=asyncore: what is told on standard error, and that nothing is without it.
import { expect, test } from 'vitest';
import { runProgram } from '../support/child.ts';

const PROGRAM = `
class Wrong extends asyncore.Dispatcher {
  writable() { return false; }
  handleRead() { throw new Error('a\\nwrong read'); }
  handleError() { this.close(); }
}
class Client extends asyncore.Dispatcher {
  writable() { return !this.connected; }
  handleConnect() { this.socket.send('x'); }
  handleWrite() {}
  handleRead() { this.recv(10); }
}
const server = asyncore.createServer(['127.0.0.1', 0], (socket) => { new Wrong(socket); server.close(); });
const client = new Client();
client.createSocket();
client.connect(server.getsockname());
await asyncore.loop({ usePoll: true });
asyncore.loopSync();
`;

test('connections, errors and the loop are told', async () => {
  const env = { ...process.env, NODE_DEBUG: 'asyncore' };
  const { code, stderr } = await runProgram(PROGRAM, { env });
  expect(code).toBe(0);
  const lines = stderr
    .split('\n')
    .filter((line) => line.startsWith('ASYNCORE '))
    .map((line) =>
      line
        .replace(/^ASYNCORE \d+: /, '')
        .replace(/:\d+ /g, ':PORT ')
        .replace(/fd=\d+/g, 'fd=N'),
    );
  expect(lines).toContain('a loop begins: poll, channels: 2');
  expect(lines).toContain('<Client 127.0.0.1:PORT fd=N> connects');
  expect(lines).toContain('<Server listening 127.0.0.1:PORT fd=N> accepts <Socket connected 127.0.0.1:PORT fd=N>');
  expect(lines).toContain('<Server 127.0.0.1:PORT fd=N> closes');
  expect(lines).toContain('<Wrong connected 127.0.0.1:PORT fd=N>: error: Error: a\\u000awrong read');
  expect(lines).toContain('a loop ends: poll, channels: 0');
  expect(lines.slice(-2)).toEqual(['a loop begins: select, channels: 0', 'a loop ends: select, channels: 0']);
}, 40_000);

test('without it, nothing is told', async () => {
  const { code, stderr } = await runProgram(PROGRAM);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
}, 40_000);
