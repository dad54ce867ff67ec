// Starts measured programs and hears what they say: one JSON object a line on standard output.
// Whatever happens, none of them outlives the harness.
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';

export type Message = Record<string, unknown>;

const running = new Set<Launched>();
const ERROR_TAIL = 2000;

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

const REASON_LENGTH = 160;

/** A run that cannot count: it is thrown away and said so. */
export class RunFailed extends Error {
  constructor(reason: string) {
    super(reason.replace(/\s+/g, ' ').slice(0, REASON_LENGTH));
  }
}

/** The line of a stack trace that says what it was, or the end of the text. */
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
    // A program that has ended already does not read what is written to it.
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

  /** The next message that has this key. A message that says ok: false fails the run. */
  async message(key: string, seconds: number): Promise<Message> {
    const deadline = performance.now() + seconds * 1000;
    for (;;) {
      for (let message = this.#messages.shift(); message; message = this.#messages.shift()) {
        if (message.ok === false) throw new RunFailed(String(message.reason));
        if (key in message) return message;
      }
      if (this.#closed) throw new RunFailed(`ended before it said ${key}: ${essence(this.#errors)}`);
      if (performance.now() > deadline) throw new RunFailed(`did not say ${key} in ${seconds} s`);
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

  /** Waits until it has ended by itself, up to so many seconds. */
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
