// listenFds() and sdNotify() in processes that are started as a service manager starts them.
import { closeSync, openSync } from 'node:fs';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { AF_UNIX, listenFds, recvFds, SOCK_DGRAM, Socket, sdNotify } from '../../lib/socket.ts';
import { Child, ROOT, TSX } from '../support/child.ts';
import { thrownBy } from '../support/failure.ts';
import { FAMILIES, temporaryPath } from '../support/matrix.ts';
import { connectedPair, listening } from '../support/pair.ts';

/** Runs JavaScript with `sockets` and `asyncore`, handed those descriptors from 3 on. */
async function service(source: string, fds: readonly number[], env: Record<string, string> = {}): Promise<string> {
  const program = `
    const asyncore = await import('${ROOT}/lib/index.ts');
    const sockets = await import('${ROOT}/lib/socket.ts');
    // A service manager sets it between fork() and exec().
    process.env.LISTEN_PID = String(process.pid);
    ${source}`;
  const child = new Child(process.execPath, [...TSX, '--input-type=module', '--eval', program], {
    env: { ...process.env, LISTEN_FDS: String(fds.length), ...env },
    stdio: ['ignore', 'pipe', 'pipe', ...fds],
    timeout: PATIENCE,
  });
  await child.ended;
  return child.stdout + child.stderr;
}

/** Milliseconds: programs are slow to start on a machine that is busy. */
const PATIENCE = 60_000;
vi.setConfig({ testTimeout: PATIENCE });

// What it has shown is held: nobody closes it.
const SHOW = `
  const held = [];
  const shown = (list) => {
    held.push(...list);
    return JSON.stringify(list.map((s) => [s.fileno(), s.getsockopt(sockets.SOL_SOCKET, sockets.SO_ACCEPTCONN)]));
  };`;

describe.each(FAMILIES)('$name', (family) => {
  test('a listener that the service manager opened accepts', async () => {
    const listener = listening(family);
    const client = new Socket(family.family);
    client.connectEx(listener.getsockname());
    const source = `
      class Server extends asyncore.Dispatcher {
        handleAccepted(sock) { sock.send('served'); sock.close(); this.close(); }
      }
      for (const socket of sockets.listenFds()) new Server(socket);
      await asyncore.loop({ count: 100 });
      console.log('done', Object.keys(process.env).filter((name) => name.startsWith('LISTEN_')));`;
    expect(await service(source, [listener.fileno()])).toBe('done []\n');
    expect(client.recv(10).toString()).toBe('served');
    client.close();
    listener.close();
  });
});

test('by name, each once; what is no socket stays where it is', async () => {
  const [one, two] = [listening({ family: AF_UNIX, address: temporaryPath }), new Socket(AF_UNIX, SOCK_DGRAM)];
  const file = openSync('/dev/null', 'r');
  const source = `${SHOW}
    console.log(shown(sockets.listenFds('b')), shown(sockets.listenFds('b')), shown(sockets.listenFds()));
    console.log(shown(sockets.listenFds()), (await import('node:fs')).readlinkSync('/proc/self/fd/5'));`;
  const output = await service(source, [one.fileno(), two.fileno(), file], { LISTEN_FDNAMES: 'a:b:c' });
  expect(output).toBe('[[4,0]] [] [[3,1]]\n[] /dev/null\n');
  one.close();
  two.close();
  closeSync(file);
});

test('none that are meant for another process, nor in worker threads, nor where there are none', async () => {
  const one = listening({ family: AF_UNIX, address: temporaryPath });
  const source = `${SHOW}
    process.env.LISTEN_PID = String(process.pid + 1);
    console.log('other', shown(sockets.listenFds()), process.env.LISTEN_FDS);
    process.env.LISTEN_PID = String(process.pid);
    const { Worker } = await import('node:worker_threads');
    const code = "import('tsx/esm/api').then((tsx) => tsx.register()).then(() => import('${ROOT}/lib/socket.ts'))"
      + ".then((s) => console.log('worker', s.listenFds().length))";
    const worker = new Worker(code, { eval: true });
    await new Promise((settle) => worker.once('exit', settle));
    for (const count of ['-1', '1e1', 'x']) {
      process.env.LISTEN_FDS = count;
      try { sockets.listenFds(); } catch (error) { console.log(error.code); }
    }
    process.env.LISTEN_FDS = '0';
    console.log('none', shown(sockets.listenFds()), process.env.LISTEN_FDS);`;
  const wrong = 'ERR_INVALID_ARG_VALUE\n'.repeat(3);
  expect(await service(source, [one.fileno()])).toBe(`other [] 1\nworker 0\n${wrong}none [] undefined\n`);
  one.close();
});

describe('sdNotify()', () => {
  const before = process.env['NOTIFY_SOCKET'];
  afterEach(() => {
    if (before === undefined) delete process.env['NOTIFY_SOCKET'];
    else process.env['NOTIFY_SOCKET'] = before;
  });

  test.each([
    ['a path', temporaryPath],
    ['an abstract name', () => `@asyncore-notify-${process.pid}`],
  ])('tells the service manager at %s', (_what, name) => {
    const manager = new Socket(AF_UNIX, SOCK_DGRAM);
    const address = name();
    manager.bind(address.replace('@', '\0'));
    process.env['NOTIFY_SOCKET'] = address;
    expect(sdNotify('READY=1\nSTATUS=at work')).toBe(true);
    expect(manager.recv(100).toString()).toBe('READY=1\nSTATUS=at work');
    const [kept, peer] = connectedPair({ name: '', family: AF_UNIX, address: temporaryPath });
    expect(sdNotify('FDSTORE=1', [kept])).toBe(true);
    const [state, fds] = recvFds(manager, 100, 4);
    expect(state.toString()).toBe('FDSTORE=1');
    expect(fds).toEqual([expect.any(Socket)]);
    for (const each of [...fds, kept, peer, manager]) each.close();
  });

  test('says whether there is one', () => {
    delete process.env['NOTIFY_SOCKET'];
    expect(sdNotify('READY=1')).toBe(false);
    process.env['NOTIFY_SOCKET'] = 'vsock:2:1234';
    expect(thrownBy(() => sdNotify('READY=1'))).toMatchObject({ code: 'EAFNOSUPPORT' });
    process.env['NOTIFY_SOCKET'] = temporaryPath();
    expect(thrownBy(() => sdNotify('READY=1'))).toMatchObject({ code: 'ENOENT', syscall: 'sendto' });
  });
});

test('a number of descriptors that is none is refused, and one that is taken is not left to children', () => {
  const { LISTEN_PID, LISTEN_FDS } = process.env;
  process.env['LISTEN_PID'] = String(process.pid);
  try {
    process.env['LISTEN_FDS'] = 'many';
    expect(() => listenFds()).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARG_VALUE' }));
    process.env['LISTEN_FDS'] = '0';
    expect(listenFds()).toEqual([]);
    expect([process.env['LISTEN_PID'], process.env['LISTEN_FDS']]).toEqual([undefined, undefined]);
  } finally {
    if (LISTEN_PID !== undefined) process.env['LISTEN_PID'] = LISTEN_PID;
    if (LISTEN_FDS !== undefined) process.env['LISTEN_FDS'] = LISTEN_FDS;
  }
});
