// The end of a process in which a loop runs: by itself when nothing is left, and in every other way
// without waiting for the thread that is blocked in select() or poll().
import { expect, test } from 'vitest';
import { type Ended, runProgram } from '../support/child.ts';
import { BACKENDS } from '../support/matrix.ts';

/** The longest that an end may take from the moment it is asked for, in milliseconds. */
const SOON = 1000;

const IDLE = `
const map = new Map();
const [sock, peer] = sockets.socketpair();
// Or it is collected, and its end ends the wait.
globalThis.kept = peer;
class Idle extends asyncore.Dispatcher { writable() { return false; } handleRead() { this.recv(10); } }
const channel = new Idle(sock, map);
`;

/** A loop that is blocked, and then `last`. */
function blocked(backend: string, timeout: string, last: string): string {
  return `${IDLE}
    asyncore.loop({ backend: '${backend}', timeout: ${timeout}, map });
    // By then the thread is in its wait.
    setTimeout(() => {
      console.log(Date.now());
      ${last}
    }, 50);
  `;
}

const ENDS: [name: string, last: string, expected: Pick<Ended, 'code' | 'signal'>, timeout?: string][] = [
  ['process.exit()', 'process.exit(2);', { code: 2, signal: null }, 'null'],
  ['process.exit()', 'process.exit(3);', { code: 3, signal: null }],
  ['process.exit() in a promise', 'Promise.resolve().then(() => process.exit(4));', { code: 4, signal: null }],
  ['an uncaught error', "throw new Error('on purpose');", { code: 1, signal: null }],
  ['an unhandled rejection', "Promise.reject(new Error('on purpose'));", { code: 1, signal: null }],
  ['SIGTERM', "process.kill(process.pid, 'SIGTERM');", { code: null, signal: 'SIGTERM' }],
  [
    'a signal with a handler',
    "process.on('SIGINT', () => process.exit(5)); process.kill(process.pid, 'SIGINT');",
    { code: 5, signal: null },
  ],
  ['closing the last channel', 'channel.close(); peer.close();', { code: 0, signal: null }],
];

for (const backend of BACKENDS) {
  for (const [name, last, expected, timeout = '30'] of ENDS) {
    test(`${name} ends the process in a wait of ${timeout} s (${backend})`, async () => {
      const { code, signal, stdout, stderr } = await runProgram(blocked(backend, timeout, last));
      const asked = Number(stdout.trim());
      expect({ code, signal }, stderr).toEqual(expected);
      expect(Date.now() - asked).toBeLessThan(SOON);
    });
  }

  test(`a process ends by itself when its loops have ended (${backend})`, async () => {
    const { code, stdout, stderr } = await runProgram(`${IDLE}
      await asyncore.loop({ backend: '${backend}', map, count: 3, timeout: 0.01 });
      await asyncore.poll(0.01, map);
      await selecting.select([sock], [], [], 0.01);
      asyncore.loopSync({ backend: '${backend}', map, count: 1, timeout: 0.01 });
      // The channel is open still, but nobody waits for it.
      console.log(Date.now());
    `);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(Date.now() - Number(stdout.trim())).toBeLessThan(SOON);
  });

  test(`a waiting loop keeps the process alive until its pass is over (${backend})`, async () => {
    const { code, stdout } = await runProgram(`${IDLE}
      const start = performance.now();
      void asyncore.loop({ backend: '${backend}', map, count: 1, timeout: 0.2 }).then(() => {
        console.log(performance.now() - start >= 200);
      });
    `);
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'true\n' });
  });

  test(`a loop that nothing is left to wake ends when it is aborted (${backend})`, async () => {
    const { code, stdout } = await runProgram(`${IDLE}
      const end = asyncore.loop({ backend: '${backend}', map, timeout: null, signal: AbortSignal.timeout(50) });
      await end.catch((error) => console.log(error.name));
      channel.close();
      peer.close();
    `);
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'TimeoutError\n' });
  });
}

test('a process does not wait for channels when no loop runs', async () => {
  const { code, stdout } = await runProgram(`${IDLE} console.log(map.size);`);
  expect({ code, stdout }).toEqual({ code: 0, stdout: '1\n' });
});
