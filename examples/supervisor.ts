// Starts a command many times and watches everything in one map: what each child says on stdout and
// stderr, its end (a pidfd, so Linux alone), and a control socket that takes "status", "kill 7" and "quit".
//
//   npx tsx examples/supervisor.ts /tmp/control 50 sh -c 'echo "I am $CHILD"; exec sleep 60'
//   echo status | nc -N -U /tmp/control        (in another terminal)
import { type ChildProcess, spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { AsyncChat, Dispatcher, type FileWrapper, loop, pipe } from 'asyncore';
import { type Ending, PidFd, PidFdDispatcher } from 'asyncore/linux';
import { AF_UNIX, type Socket } from 'asyncore/socket';

const [path = '/tmp/control', count = '3', command = 'sh', ...args] = process.argv.slice(2);
if (args.length === 0 && command === 'sh') args.push('-c', 'echo "I am $CHILD"; exec sleep 60');

/** One of the two outputs of a child, line by line. */
class Output extends AsyncChat<FileWrapper> {
  readonly #name: string;

  constructor(name: string, file: FileWrapper) {
    super(file);
    this.#name = name;
    this.setTerminator('\n');
  }

  override collectIncomingData(data: Buffer) {
    this._collectIncomingData(data);
  }

  override foundTerminator() {
    console.log('%s: %s', this.#name, this._getData());
  }

  override handleClose() {
    // The last line may have no end.
    if (this.incoming.length > 0) this.foundTerminator();
    this.close();
  }
}

const running = new Map<number, Child>();

/** A child, which is told to end by its descriptor and so is never mistaken for another process. */
class Child extends PidFdDispatcher {
  readonly #number: number;
  readonly #process: ChildProcess;

  constructor(number: number, child: ChildProcess, pid: number) {
    super(new PidFd(pid));
    this.#number = number;
    this.#process = child;
    running.set(number, this);
  }

  override handleExit({ code, signal }: Ending) {
    running.delete(this.#number);
    const { exitCode, signalCode } = this.#process;
    console.log('%d ended: %s', this.#number, signal ?? code ?? signalCode ?? exitCode);
    // Nothing is left to supervise.
    if (running.size === 0) control.end();
  }
}

function start(number: number): void {
  const [out, err] = [pipe(), pipe()];
  // The child shares these ends, and few programs can handle EAGAIN.
  for (const [, writer] of [out, err]) writer.setBlocking(true);
  const child = spawn(command, args, {
    stdio: ['ignore', out[1].fd, err[1].fd],
    env: { ...process.env, CHILD: String(number) },
  });
  for (const [, writer] of [out, err]) writer.close();
  child.once('error', (error) => console.log('%d: %s', number, error.message));
  new Output(`${number}`, out[0]);
  new Output(`${number} (stderr)`, err[0]);
  if (child.pid !== undefined) new Child(number, child, child.pid);
}

/** A connection to the control socket. */
class Session extends AsyncChat {
  constructor(sock: Socket) {
    super(sock);
    this.setTerminator('\n');
  }

  override collectIncomingData(data: Buffer) {
    this._collectIncomingData(data);
  }

  override foundTerminator() {
    this.push(`${this.#answer(this._getData().toString().trim().split(' '))}\n`);
  }

  #answer([word = '', number]: string[]): string {
    if (word === 'status') return `${running.size} running: ${[...running.keys()].join(' ')}`;
    if (word === 'kill') {
      const child = running.get(Number(number));
      child?.file.kill();
      return child === undefined ? 'no such child' : 'told to end';
    }
    if (word !== 'quit') return 'status, kill or quit?';
    for (const child of running.values()) child.file.kill();
    return `${running.size} told to end`;
  }
}

class Control extends Dispatcher {
  readonly #sessions = new Set<Session>();

  constructor() {
    super();
    this.createSocket(AF_UNIX);
    this.bind(path);
    this.listen();
  }

  override handleAccepted(sock: Socket) {
    this.#sessions.add(new Session(sock));
  }

  end(): void {
    this.close();
    for (const session of this.#sessions) session.closeWhenDone();
    rmSync(path, { force: true });
  }
}

const control = new Control();
for (let number = 1; number <= Number(count); number++) start(number);
console.log('control socket: %s', path);
await loop();
