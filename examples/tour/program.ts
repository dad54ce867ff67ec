// Runs another program for the tour: its stdout is a pipe, which an AsyncChat splits into lines.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { AsyncChat, type FileWrapper, loop, pipe } from 'asyncore';

/** Called with each line. */
export type Listener = (line: string) => void;

const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

class Lines extends AsyncChat<FileWrapper> {
  readonly #listener: Listener;

  constructor(file: FileWrapper, map: Map<number, Lines>, listener: Listener) {
    super(file, map);
    this.setTerminator('\n');
    this.#listener = listener;
  }

  override collectIncomingData(data: Buffer) {
    this._collectIncomingData(data);
  }

  override foundTerminator() {
    this.#listener(this._getData().toString());
  }
}

export interface Program {
  /** Resolves once its stdout has ended and it has exited, with the signal that ended it, if any. */
  readonly ended: Promise<string | null>;
  kill(): void;
}

/** Runs a file of examples/ the same way this process was started. */
export function run(name: string, args: string[], listener: Listener, stdin: 'ignore' | 'inherit' = 'ignore'): Program {
  const file = fileURLToPath(new URL(`../${name}`, import.meta.url));
  const [reader, writer] = pipe();
  writer.setBlocking(true); // the child shares this end
  const child = spawn(process.execPath, [...process.execArgv, file, ...args], {
    stdio: [stdin, writer.fd, 'inherit'],
  });
  running.add(child);
  writer.close();

  const map = new Map<number, Lines>();
  new Lines(reader, map, listener);
  const ended = Promise.all([once(child, 'exit'), loop({ map })]).then(([[, signal]]) => {
    running.delete(child);
    return typeof signal === 'string' ? signal : null;
  });
  return { ended, kill: () => child.kill() };
}
