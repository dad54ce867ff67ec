// createServer(): a listening channel in one call, its UNIX path from its birth to its end, and listeners
// that are handed over.
import { existsSync, lstatSync, mkdirSync, readFileSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  createConnection,
  createServer,
  Dispatcher,
  DispatcherWithSend,
  ExitNow,
  loop,
  pollSync,
  Server,
} from '../../lib/index.ts';
import {
  type AddressInfo,
  AF_INET6,
  AF_UNIX,
  SHUT_RD,
  SOCK_DGRAM,
  Socket as Sock,
  type Socket,
} from '../../lib/socket.ts';
import { thrownBy } from '../support/failure.ts';
import { BACKENDS, FAMILIES, temporaryPath } from '../support/matrix.ts';
import { listening } from '../support/pair.ts';

class Echo extends DispatcherWithSend {
  override handleRead() {
    const data = this.recv(100);
    if (data.length > 0) this.send(data);
  }
  override handleClose() {
    this.close();
  }
}

/** Sends a line to `address` and resolves with what comes back. */
async function ask(address: AddressInfo, backend: 'select' | 'poll' = 'select'): Promise<string> {
  const map = new Map();
  let answer = '';
  class Asker extends DispatcherWithSend {
    override handleRead() {
      answer = this.recv(100).toString();
      this.close();
    }
  }
  new Asker(await createConnection(address, { timeout: 10 }), map).send('hello');
  await loop({ map, backend });
  return answer;
}

describe.each(BACKENDS)('%s', (backend) => {
  test.each(FAMILIES)('a server and its client, $name', async ({ address }) => {
    const map = new Map();
    const seen: [Socket, AddressInfo][] = [];
    const server = createServer(address(), { map }, (socket, from) => {
      seen.push([socket, from]);
      new Echo(socket, server.map);
    });
    expect(server.accepting).toBe(true);
    expect(map.get(server.fileno())).toBe(server);
    const serving = loop({ map, backend });
    expect(await ask(server.getsockname(), backend)).toBe('hello');
    expect(seen).toHaveLength(1);
    server.close();
    await serving;
  });

  test('a listener that was made elsewhere accepts', async () => {
    for (const family of FAMILIES) {
      const map = new Map();
      const number = listening(family).detach();
      class Handed extends Dispatcher {
        override handleAccepted(socket: Socket) {
          new Echo(socket, this.map);
          this.close();
        }
      }
      const server = new Handed(Sock.fromFd(number), map);
      expect(server.accepting).toBe(true);
      const [answer] = await Promise.all([ask(server.getsockname(), backend), loop({ map, backend })]);
      expect(answer).toBe('hello');
    }
  });
});

test('options reach the sockets', () => {
  const one = createServer(['127.0.0.1', 0], { reusePort: true, map: new Map() }, () => {});
  const two = createServer(['127.0.0.1', Number(one.getsockname()[1])], { reusePort: true, map: new Map() }, () => {});
  expect(two.getsockname()).toEqual(one.getsockname());
  const address: [string, number] = ['127.0.0.1', Number(one.getsockname()[1])];
  expect(() => createServer(address, { map: new Map() }, () => {})).toThrow(
    expect.objectContaining({ code: 'EADDRINUSE' }),
  );
  one.close();
  two.close();
  const six = createServer(['::', 0], { v6Only: true, map: new Map() }, () => {});
  const four = createServer(['0.0.0.0', Number(six.getsockname()[1])], { map: new Map() }, () => {});
  expect([six.socket?.family, four]).toEqual([AF_INET6, expect.any(Server)]);
  six.close();
  four.close();
});

test('the backlog is as long as was asked for', async () => {
  const server = createServer(['127.0.0.1', 0], { backlog: 7, map: new Map() }, () => {});
  // For a listening socket, the kernel tells the backlog there.
  expect(server.socket?.tcpInfo()).toMatchObject({ state: 'LISTEN', sacked: 7 });
  server.close();
});

test('an address can be bound again at once', async () => {
  const map = new Map();
  const server = createServer(['127.0.0.1', 0], { map }, (socket) => socket.close());
  const address: [string, number] = ['127.0.0.1', Number(server.getsockname()[1])];
  const serving = loop({ map });
  // The server's end is in TIME_WAIT afterwards.
  const client = await createConnection(address);
  await expect.poll(() => thrownBy(() => client.recv(1))).toBeUndefined();
  client.close();
  server.close();
  await serving;
  createServer(address, { map }, () => {}).close();
});

describe('what the listener throws', () => {
  test.each<[string, () => unknown]>([
    [
      'throws',
      () => {
        throw new Error('from the listener');
      },
    ],
    ['rejects', () => Promise.reject(new Error('from the listener'))],
  ])('it %s: the connection is closed, and the server goes on', async (_how, fail) => {
    const map = new Map();
    const errors: unknown[] = [];
    const server = createServer(['127.0.0.1', 0], { map }, fail);
    server.handleError = (error) => errors.push(error);
    const serving = loop({ map });
    for (let i = 1; i <= 2; i++) {
      const client = await createConnection(server.getsockname());
      await expect.poll(() => thrownBy(() => client.recv(1)), { timeout: 5000 }).toBeUndefined();
      client.close();
      expect(errors).toHaveLength(i);
    }
    expect(errors[0]).toMatchObject({ message: 'from the listener' });
    server.close();
    await serving;
  });

  test.each(BACKENDS)(
    'connections are accepted while others are busy; each rejection closes its own (%s)',
    async (backend) => {
      const map = new Map();
      const errors: unknown[] = [];
      const waiting: { socket: Socket; reject: (reason: unknown) => void }[] = [];
      const server = createServer(['127.0.0.1', 0], { map }, async (socket) => {
        await new Promise((_resolve, reject) => waiting.push({ socket, reject }));
      });
      server.handleError = (error) => errors.push(error);
      const serving = loop({ map, backend });
      const clients = await Promise.all([1, 2, 3].map(() => createConnection(server.getsockname())));
      await expect.poll(() => waiting.length, { timeout: 5000 }).toBe(3);
      const [first, second, third] = waiting;
      const taken = new Echo(third?.socket, map);
      second?.reject(new Error('second'));
      await expect.poll(() => errors.length, { timeout: 5000 }).toBe(1);
      expect([first, second, third].map((each) => each?.socket.fileno() !== -1)).toEqual([true, false, true]);
      third?.reject(new Error('third'));
      await expect.poll(() => errors.length, { timeout: 5000 }).toBe(2);
      // A channel has it.
      expect(taken.fileno()).toBe(third?.socket.fileno());
      expect(errors.map(String)).toEqual(['Error: second', 'Error: third']);
      // Also when the server has closed meanwhile.
      server.close();
      taken.close();
      await serving;
      first?.reject(new Error('first'));
      await expect.poll(() => errors.length, { timeout: 5000 }).toBe(3);
      expect(first?.socket.fileno()).toBe(-1);
      for (const client of clients) client.close();
    },
  );

  test('ExitNow of an async listener ends the loop', async () => {
    const map = new Map();
    const server = createServer(['127.0.0.1', 0], { map }, async () => {
      throw new ExitNow('enough');
    });
    const serving = loop({ map });
    const client = await createConnection(server.getsockname());
    await expect(serving).rejects.toThrow('enough');
    client.close();
    server.close();
  });

  test('by default it is logged, and nothing is closed; an error of its own accept() closes', () => {
    const map = new Map();
    const server = createServer(['127.0.0.1', 0], { map }, () => {});
    const lines: unknown[] = [];
    const { write } = process.stderr;
    const stdout = process.stdout.write;
    const take = (line: unknown) => lines.push(line) > 0;
    process.stderr.write = take;
    process.stdout.write = take;
    try {
      server.handleError(new Error('from the listener'));
      expect(server.accepting).toBe(true);
      // As of a listener of the program's own, which has nothing to do with the server.
      const other = new Sock();
      server.handleError(thrownBy(() => other.accept()));
      other.close();
      expect(server.accepting).toBe(true);
      server.handleError(undefined);
      expect(server.accepting).toBe(true);
      server.socket.shutdown(SHUT_RD);
      pollSync(1, map);
    } finally {
      process.stderr.write = write;
      process.stdout.write = stdout;
    }
    expect(server.accepting).toBe(false);
    expect(lines).toEqual([
      expect.stringMatching(/^error: uncaptured exception, not closing channel <Server .*Error:from the listener/),
      expect.stringMatching(/^error: uncaptured exception, not closing channel <Server .*accept EINVAL/),
      expect.stringMatching(/^error: uncaptured exception, not closing channel <Server .*undefined/),
      expect.stringMatching(/^error: uncaptured exception, closing channel <Server .*accept EINVAL/),
    ]);
    expect(map.size).toBe(0);
  });
});

describe('a UNIX path', () => {
  const serve = (path: string | Buffer, options = {}) => createServer(path, { map: new Map(), ...options }, () => {});

  test('goes when the server closes', () => {
    const path = temporaryPath();
    for (const name of [path, Buffer.from(`${path}\xff`, 'latin1')]) {
      const server = serve(name);
      expect(existsSync(name)).toBe(true);
      server.close();
      server.close();
      expect(existsSync(name)).toBe(false);
    }
  });

  test('goes also when the process has gone elsewhere', () => {
    const before = process.cwd();
    const path = temporaryPath();
    const name = path.slice(path.lastIndexOf('/') + 1);
    process.chdir(path.slice(0, path.lastIndexOf('/')));
    try {
      const [text, bytes] = [serve(name), serve(Buffer.from(`${name}b`))];
      process.chdir('/');
      expect([existsSync(path), existsSync(`${path}b`)]).toEqual([true, true]);
      text.close();
      bytes.close();
      expect([existsSync(path), existsSync(`${path}b`)]).toEqual([false, false]);
    } finally {
      process.chdir(before);
    }
  });

  test('stays if it is no longer ours', () => {
    const path = temporaryPath();
    const old = serve(path);
    unlinkSync(path);
    const young = serve(path);
    old.close();
    expect(existsSync(path)).toBe(true);
    unlinkSync(path);
    writeFileSync(path, 'a file');
    young.close();
    expect(readFileSync(path, 'utf8')).toBe('a file');
    const third = serve(`${path}c`);
    unlinkSync(`${path}c`);
    third.close();
  });

  test('has the rights that were asked for, whatever the umask', () => {
    const before = process.umask(0o077);
    try {
      for (const mode of [0o600, 0o660, 0o777]) {
        const path = temporaryPath();
        const server = serve(path, { mode });
        expect(lstatSync(path).mode & 0o777).toBe(mode);
        server.close();
      }
    } finally {
      process.umask(before);
    }
  });

  test('that a server left which is gone is taken, if asked; of one that lives, and of a file, never', () => {
    const path = temporaryPath();
    const left = new Sock(AF_UNIX);
    left.bind(path);
    left.close();
    const inUse = expect.objectContaining({ code: 'EADDRINUSE' });
    expect(() => serve(path)).toThrow(inUse);
    const server = serve(path, { unlink: true });
    expect(() => serve(path, { unlink: true })).toThrow(inUse);
    expect(existsSync(path)).toBe(true);
    server.close();
    writeFileSync(path, 'a file');
    expect(() => serve(path, { unlink: true })).toThrow(inUse);
    expect(readFileSync(path, 'utf8')).toBe('a file');
    // Somebody may be bound there who does not listen.
    const datagrams = new Sock(AF_UNIX, SOCK_DGRAM);
    datagrams.bind(`${path}d`);
    expect(() => serve(`${path}d`, { unlink: true })).toThrow(inUse);
    expect(existsSync(`${path}d`)).toBe(true);
    datagrams.close();
  });

  test('an abstract name has nothing to remove', () => {
    const server = serve(`\0asyncore-server-${process.pid}`, { mode: 0o600, unlink: true });
    expect(server.getsockname()).toBe(`\0asyncore-server-${process.pid}`);
    server.close();
  });

  test('of a server that cannot begin is not left behind', () => {
    const path = temporaryPath();
    expect(() => serve(path, { backlog: -1 })).toThrow(RangeError);
    expect(existsSync(path)).toBe(false);
  });

  test('in a folder that is gone: the server closes all the same', () => {
    const folder = temporaryPath();
    mkdirSync(folder);
    const server = serve(`${folder}/path`);
    rmSync(folder, { recursive: true });
    server.close();
    expect(server.fileno()).toBe(-1);
  });
});

test('wrong arguments are refused, and nothing stays open', () => {
  const map = new Map();
  const wrong: unknown[][] = [
    [['127.0.0.1', 0]],
    [['127.0.0.1', 0], {}],
    [['127.0.0.1', 0], null, () => {}],
    [['127.0.0.1', 0], { map: {} }, () => {}],
    [['127.0.0.1', 0], { map, mode: -1 }, () => {}],
    [['127.0.0.1', 0], { map, backlog: '5' }, () => {}],
    [['127.0.0.1', 0], { map, family: 'inet' }, () => {}],
    [['example.invalid', 0], { map }, () => {}],
    [7, { map }, () => {}],
  ];
  for (const args of wrong) {
    expect(
      thrownBy(() => Reflect.apply(createServer, undefined, args)),
      String(args),
    ).toHaveProperty('code');
    expect(map.size).toBe(0);
  }
});
