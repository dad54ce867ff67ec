// Another program under test: a TypeScript file run in a process of its own, by what it prints.
import { connect, type Socket } from 'node:net';
import type { Writable } from 'node:stream';
import { afterEach } from 'vitest';
import { Child, type Ending, TSX } from './child.ts';
import { eventually } from './wait.ts';

/** Seconds: a process that has to be compiled first on a busy machine. */
const PATIENCE = 60;

const running = new Set<Program>();

/** No program outlives the test that started it. */
afterEach(async () => {
  for (const program of [...running]) await program.end('SIGKILL');
});

export class Program extends Child {
  /** All that it printed, stdout and stderr together. */
  output = '';
  readonly stdin: Writable;

  /** Starts `file`, a path from the root of the checkout, and ends its stdin unless it is needed. */
  constructor(file: string, args: readonly string[] = [], stdin: 'none' | 'kept' = 'none') {
    super(process.execPath, [...TSX, file, ...args]);
    const { stdout, stderr, stdin: input } = this.process;
    if (input === null) throw new Error('no stdin');
    this.stdin = input;
    if (stdin === 'none') input.end();
    for (const stream of [stdout, stderr]) {
      stream?.on('data', (data: Buffer) => {
        this.output += data;
      });
    }
    running.add(this);
    this.process.once('close', () => running.delete(this));
  }

  get lines(): string[] {
    return this.output.split('\n').filter((line) => line !== '');
  }

  /** Waits until it has printed something that matches, and returns the match. */
  async prints(pattern: RegExp): Promise<RegExpExecArray> {
    let match = pattern.exec(this.output);
    await eventually(
      () => {
        match = pattern.exec(this.output);
        return match !== null;
      },
      () => `${pattern} was not printed; this was:\n${this.output}`,
      PATIENCE,
    );
    if (match === null) throw new Error('no match');
    return match;
  }

  /** The port that it reports listening on. */
  async port(): Promise<number> {
    const [, port] = await this.prints(/^listening on .*?,(\d+)\]$/m);
    return Number(port);
  }

  end(signal: NodeJS.Signals = 'SIGTERM'): Promise<Ending> {
    this.process.kill(signal);
    return this.ended;
  }
}

/** A client based on node:net, and what it has received. */
export class Client {
  received = '';
  readonly socket: Socket;
  readonly closed: Promise<unknown>;

  /** To a port of this machine, or to the path of a UNIX socket. */
  constructor(to: number | string) {
    this.socket = typeof to === 'string' ? connect(to) : connect(to, '127.0.0.1');
    this.socket.on('error', () => {});
    this.closed = new Promise((close) => this.socket.once('close', close));
    this.socket.on('data', (data) => {
      this.received += data;
    });
  }

  /** Whether the connection succeeded. */
  isConnected(): Promise<boolean> {
    return Promise.race([
      new Promise<boolean>((proceed) => this.socket.once('connect', () => proceed(true))),
      this.closed.then(() => false),
    ]);
  }

  /** Waits until `text` has arrived. */
  async receives(text: string): Promise<void> {
    await eventually(
      () => this.received.includes(text),
      () => `${JSON.stringify(text)} was not received; this was: ${JSON.stringify(this.received.slice(0, 500))}`,
      PATIENCE,
    );
  }

  async close(): Promise<void> {
    this.socket.destroy();
    await this.closed;
  }
}
