// Starts programs and reads the messages they print: one JSON object per line on standard output.
// Whatever happens, none of them outlives the harness.
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

import { isRecord } from '../json.ts';

export type Message = Record<string, unknown>;

const running = new Set<Launched>();
const ERROR_TAIL = 2000;

const REASON_LENGTH = 160;

/** A run that does not count: it is thrown away, and reported with its reason. */
export class RunFailed extends Error {
  constructor(reason: string) {
    super(reason.replace(/\s+/g, ' ').slice(0, REASON_LENGTH));
  }
}

/** The line of a stack trace that names the error, or the last line. */
function essence(errors: string): string {
  const lines = errors.trim().split('\n');
  return lines.find((line) => /^\w*(Error|Exception)\b/.test(line)) ?? lines.at(-1) ?? '';
}

export class Launched {
  readonly pid: number;
  readonly #child: ChildProcess;
  readonly #messages: Message[] = [];
  #errors = '';
  #closed = false;
  #wake: () => void = () => {};

  constructor(command: string[]) {
    const [file = '', ...rest] = command;
    this.#child = spawn(file, rest, { stdio: ['pipe', 'pipe', 'pipe'] });
    this.pid = this.#child.pid ?? -1;
    running.add(this);
    this.#child.on('error', (error) => this.#end(error.message));
    this.#child.on('close', () => this.#end(''));
    // A program that has already ended does not read what is written to it.
    this.#child.stdin?.on('error', () => {});
    this.#child.stderr?.on('data', (data) => {
      this.#errors = (this.#errors + data).slice(-ERROR_TAIL);
    });
    if (this.#child.stdout) createInterface({ input: this.#child.stdout }).on('line', (line) => this.#hear(line));
  }

  #hear(line: string): void {
    try {
      const message: unknown = JSON.parse(line);
      if (isRecord(message)) this.#messages.push(message);
    } catch {
      this.#errors = (this.#errors + line).slice(-ERROR_TAIL);
    }
    this.#wake();
  }

  #end(reason: string): void {
    this.#errors += reason;
    this.#closed = true;
    running.delete(this);
    this.#wake();
  }

  /** The next message that has this key. A message with ok: false fails the run. */
  async message(key: string, seconds: number): Promise<Message> {
    const deadline = performance.now() + seconds * 1000;
    for (;;) {
      for (let message = this.#messages.shift(); message; message = this.#messages.shift()) {
        if (message.ok === false) throw new RunFailed(String(message.reason));
        if (key in message) return message;
      }
      if (this.#closed) throw new RunFailed(`ended before it reported ${key}: ${essence(this.#errors)}`);
      if (performance.now() > deadline) throw new RunFailed(`did not report ${key} within ${seconds} s`);
      await this.#something(deadline - performance.now());
    }
  }

  #something(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, Math.max(ms, 1));
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  write(text: string): void {
    this.#child.stdin?.write(`${text}\n`);
  }

  closeInput(): void {
    this.#child.stdin?.end();
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }

  /** Waits until it has ended by itself, up to this many seconds. */
  async ended(seconds: number): Promise<void> {
    const deadline = performance.now() + seconds * 1000;
    while (!this.#closed && performance.now() < deadline) await this.#something(deadline - performance.now());
  }

  /** Ends it and waits until it has ended. */
  async end(): Promise<void> {
    this.kill();
    while (!this.#closed) await this.#something(1000);
  }
}

export function killAll(): void {
  for (const launched of running) launched.kill();
}

process.on('exit', killAll);
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => process.exit(130));
}
