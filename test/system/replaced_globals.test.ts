// Programs replace what Node and the language provide, sometimes by what throws: nothing is lost by that, and no
// channel pays for it.
import { expect, test } from 'vitest';
import { runProgram } from '../support/child.ts';
import { BACKENDS } from '../support/matrix.ts';

const promises = JSON.stringify(new URL('../../lib/promises.ts', import.meta.url).href);

for (const backend of BACKENDS) {
  test(`a process.emitWarning() that throws costs no event, and is an uncaught error (${backend})`, async () => {
    const { stdout, stderr } = await runProgram(`
      const said = [];
      process.on('uncaughtException', (error) => said.push(error.message));
      process.emitWarning = () => { throw new Error('no warnings, please'); };
      const map = new Map();
      const [lazy, peer] = sockets.socketpair();
      const [sock, other] = sockets.socketpair();
      let events = 0;
      let reads = 0;
      class Lazy extends asyncore.Dispatcher {
        writable() { return false; }
        handleRead() {
          events++;
        }
      }
      class Reader extends asyncore.Dispatcher {
        // From the pass on in which the warning is due.
        readable() { return events >= 9999; }
        writable() { return false; }
        handleRead() {
          this.recv(1);
          reads = events;
          this.close();
        }
      }
      for (const each of [peer, other]) each.send('x');
      new Lazy(lazy, map);
      new Reader(sock, map);
      await asyncore.loop({ map, backend: '${backend}', count: 10100 });
      console.log(reads === 10000 || reads, events, said);
      for (const each of [lazy, peer, other]) each.close();
    `);
    expect({ stdout, stderr }).toEqual({ stdout: "true 10100 [ 'no warnings, please' ]\n", stderr: '' });
  });
}

test('a process.emitWarning() that throws does not keep a dropped socket open', async () => {
  const { stdout, stderr } = await runProgram(`
    import { setFlagsFromString } from 'node:v8';
    import { runInNewContext } from 'node:vm';
    import { setTimeout as sleep } from 'node:timers/promises';
    setFlagsFromString('--expose-gc');
    const gc = runInNewContext('gc');
    const said = [];
    process.on('uncaughtException', (error) => said.push(error.message));
    process.emitWarning = () => { throw new Error('no warnings, please'); };
    const peers = (() => Array.from({ length: 20 }, () => sockets.socketpair()[1]))();
    const isOpen = (peer) => {
      try { return peer.recv(1).length > 0; } catch { return true; }
    };
    for (let round = 0; round < 500 && (peers.some(isOpen) || said.length < 20); round++) {
      gc();
      await sleep(1);
    }
    console.log(peers.some(isOpen), said.length, new Set(said));
    for (const peer of peers) peer.close();
  `);
  expect({ stdout, stderr }).toEqual({ stdout: "false 20 Set(1) { 'no warnings, please' }\n", stderr: '' });
});

test('a Promise that was replaced by what throws keeps no wait, and no async handler, from ending', async () => {
  const { stdout, stderr } = await runProgram(`
    const { chunks, sockRecv, waitReadable } = await import(${promises});
    const map = new Map();
    const [sock, peer] = sockets.socketpair();
    const [other, far] = sockets.socketpair();
    let heard = '';
    class Async extends asyncore.Dispatcher {
      writable() { return false; }
      async handleRead() {
        heard += this.recv(1);
        throw new Error('mine');
      }
      handleError(error) {
        heard += '(' + error.message + ')';
        if (heard.length > 10) this.close();
      }
    }
    new Async(sock, map);
    const end = asyncore.loop({ map, timeout: null });
    globalThis.Promise = class { constructor() { throw new Error('replaced'); } };
    peer.send('ab');
    await end;
    console.log(heard);
    setTimeout(() => far.send('c'), 20);
    console.log((await selecting.select([other], [], [], 5))[0].length);
    console.log(String(await sockRecv(other, 1, { timeout: 5 })));
    setTimeout(() => far.send('d'), 20);
    await waitReadable(other, { timeout: 5 });
    for await (const piece of chunks(other, { timeout: 5 })) {
      console.log(String(piece));
      break;
    }
    far.close();
    peer.close();
  `);
  expect({ stdout, stderr }).toEqual({ stdout: 'a(mine)b(mine)\n1\nc\nd\n', stderr: '' });
});
