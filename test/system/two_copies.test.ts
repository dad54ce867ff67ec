// The library's JavaScript evaluated more than once over one addon, as test runners do, or a bundle
// beside node_modules: the loops of all copies run.
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { ROOT, runCommand, TSX } from '../support/child.ts';

const folder = mkdtempSync(join(tmpdir(), 'asyncore-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A copy of the library in a folder of its own, on the same addon. */
function copy(name: string): string {
  const root = join(folder, name);
  mkdirSync(root);
  cpSync(join(ROOT, 'lib'), join(root, 'lib'), { recursive: true });
  cpSync(join(ROOT, 'package.json'), join(root, 'package.json'));
  for (const link of ['build', 'node_modules']) symlinkSync(join(ROOT, link), join(root, link));
  return join(root, 'lib');
}

const copies = ['one', 'two', 'three'].map(copy);

/** Runs a module in which `copies` are what three copies of the library export. */
async function run(source: string): Promise<string> {
  const imports = copies.map((lib) => {
    const [index, socket, select] = ['index', 'socket', 'select'].map((name) =>
      JSON.stringify(join(lib, `${name}.ts`)),
    );
    return `{ ...(await import(${index})), ...(await import(${socket})), ...(await import(${select})) }`;
  });
  const program = `
    const copies = [${imports.join()}];
    const players = (copy, map, hits, finish) => {
      class Player extends copy.DispatcherWithSend {
        handleRead() {
          this.send(this.recv(10));
          if (--hits === 0) {
            copy.closeAll(map);
            finish?.();
          }
        }
      }
      const [one] = copy.socketpair().map((sock) => new Player(sock, map));
      one.send('ball');
      return map;
    };
    if (new Set(copies.map((copy) => copy.loop)).size !== 3) console.log('one copy');
    ${source}
    console.log('done');
  `;
  // To exit and not to hang is part of it.
  const { code, signal, stdout, stderr } = await runCommand(process.execPath, [
    ...TSX,
    '--input-type=module',
    '--eval',
    program,
  ]);
  expect({ code, signal, stderr }).toEqual({ code: 0, signal: null, stderr: '' });
  return stdout;
}

test('loops of several copies run side by side', async () => {
  const output = await run(`
    await Promise.all(copies.map((copy) => copy.loop({ map: players(copy, new Map(), 2000) })));
  `);
  expect(output).toBe('done\n');
});

test('loops of several copies run one after the other, forth and back', async () => {
  const output = await run(`
    for (const copy of [...copies, ...copies.toReversed()]) {
      await copy.loop({ map: players(copy, new Map(), 200), timeout: null });
    }
  `);
  expect(output).toBe('done\n');
});

test('a copy waits while the loop of another goes on and ends', async () => {
  const output = await run(`
    const [first, second, third] = copies;
    const [sock, peer] = second.socketpair();
    const waiting = second.select([sock], [], [], 30);
    const poller = new third.Poll();
    poller.register(sock.fileno(), third.POLLIN);
    const polling = poller.poll(30);
    await first.loop({ map: players(first, new Map(), 500) });
    setTimeout(() => peer.send('x'), 50);
    const [[ready]] = await waiting;
    console.log(ready === sock, (await polling).length);
  `);
  expect(output).toBe('true 1\ndone\n');
});

test('a loop begins in a handler of another copy', async () => {
  const output = await run(`
    const [first, second] = copies;
    let inner;
    const begin = () => { inner = second.loop({ map: players(second, new Map(), 200) }); };
    await first.loop({ map: players(first, new Map(), 200, begin) });
    await inner;
  `);
  expect(output).toBe('done\n');
});
