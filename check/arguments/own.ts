// What belongs to Node in a process that is called with hostile arguments: its descriptors, an open
// file, a server and its client, and timers. All of it must be as it was, and work.

import { once } from 'node:events';
import { type FileHandle, mkdtemp, open } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { openDescriptors } from '../../test/support/descriptors.ts';
import { within } from '../../test/support/time.ts';

const CONTENT = 'what the file says';

export class Own {
  /** The folder that the process works in. */
  readonly folder: string;
  readonly #file: FileHandle;
  readonly #server: Server;
  readonly #client: Socket;
  readonly #before: Map<number, string>;

  private constructor(folder: string, file: FileHandle, server: Server, client: Socket) {
    this.folder = folder;
    this.#file = file;
    this.#server = server;
    this.#client = client;
    this.#before = openDescriptors();
  }

  static async create(): Promise<Own> {
    const folder = await mkdtemp(join(tmpdir(), 'asyncore-arguments-'));
    const file = await open(join(folder, 'file'), 'w+');
    await file.write(CONTENT, 0);
    const server = createServer((socket) => socket.pipe(socket)).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    const client = connect(address.port, '127.0.0.1');
    await once(client, 'connect');
    client.write('?');
    await once(client, 'data');
    return new Own(folder, file, server, client);
  }

  /** Throws when something of Node's does not work, or is not what it was. */
  async check(): Promise<void> {
    await within(sleep(1), 10, 'a timer');
    await within(new Promise<void>((resolve) => setImmediate(resolve)), 10, 'setImmediate');
    const { buffer, bytesRead } = await within(this.#file.read(Buffer.alloc(100), 0, 100, 0), 10, 'a file');
    if (buffer.toString('utf8', 0, bytesRead) !== CONTENT) throw new Error('the file says something else');
    this.#client.write('!');
    const [answer] = await within(once(this.#client, 'data'), 10, 'a socket');
    if (String(answer) !== '!') throw new Error(`the socket says ${answer}`);
    this.#compare();
  }

  #compare(): void {
    const now = openDescriptors();
    for (const [fd, what] of this.#before) {
      if (now.get(fd) !== what) throw new Error(`descriptor ${fd} was ${what} and is ${now.get(fd) ?? 'closed'}`);
    }
  }

  /**
   * Whether a number that is given for a descriptor names one of Node's. Who duplicates the pipe by
   * which Node hears of signals, and writes into it, ends the process, and rightly.
   */
  has(value: unknown): boolean {
    // As the addon narrows it; 0 is /dev/null here.
    return typeof value === 'number' && (value | 0) !== 0 && this.#before.has(value | 0);
  }

  /** What is open beside what was, without what the reactor keeps. */
  left(): string[] {
    return [...openDescriptors()]
      .filter(([fd, what]) => this.#before.get(fd) !== what && !what.startsWith('anon_inode:'))
      .map(([fd, what]) => `${fd} ${what}`);
  }

  async close(): Promise<void> {
    this.#client.destroy();
    this.#server.close();
    await this.#file.close();
  }
}
