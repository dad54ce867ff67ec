// What the scenarios with clients share: the listener, what a client is to get back, and a channel that
// idles until all clients are gone, so that it is parked and has to be woken.
import { Dispatcher } from '../../lib/index.ts';
import { type Address, type Socket, socketpair } from '../../lib/socket.ts';
import { Listener } from '../../test/support/echo.ts';
import { codeOf, Expected, NOT_NOW, type Run } from './run.ts';

export const CLIENTS = 3;
/** The clients' goals, and the idle channel's. */
export const GOALS = CLIENTS + 1;

export class Server extends Listener {
  readonly #run: Run;

  constructor(address: Address, run: Run, serve: (sock: Socket) => unknown) {
    const accepted = (sock: Socket) => {
      run.progress();
      serve(sock);
    };
    super(address, accepted, CLIENTS, run.map);
    this.#run = run;
  }

  override handleError(error: unknown) {
    this.#run.hear('server', error);
    this.close();
  }

  override logInfo() {}
}

/** A client's goal: that its bytes come back, all of them, before the end does. */
export class Goal {
  readonly #run: Run;
  readonly #expected: Expected;
  readonly #gone: () => void;
  isOver = false;

  constructor(run: Run, wanted: Buffer, gone: () => void) {
    this.#run = run;
    this.#expected = new Expected(wanted);
    this.#gone = gone;
  }

  take(data: Buffer): void {
    this.#expected.take(data);
    if (data.length > 0) this.#run.progress();
  }

  /** The end has come. */
  ended(): void {
    if (this.isOver) return;
    this.isOver = true;
    if (this.#expected.isComplete()) this.#run.done();
    else this.#run.hear('client', 'early end');
    this.#gone();
  }

  failed(error: unknown): void {
    this.#run.hear('client', error);
    if (!this.isOver) this.#gone();
    this.isOver = true;
  }
}

/** Waits for one byte. */
class Sleeper extends Dispatcher {
  readonly #run: Run;

  constructor(sock: Socket, run: Run) {
    super(sock, run.map);
    this.#run = run;
  }

  override writable() {
    return false;
  }

  override handleRead() {
    if (this.recv(1).length === 0) return;
    this.#run.done();
    this.close();
  }

  override handleClose() {
    this.#run.hear('sleeper', 'early end');
    this.close();
  }

  override handleError(error: unknown) {
    this.#run.hear('sleeper', error);
    this.close();
  }
}

/** A channel that idles until the function is called. */
function sleeper(run: Run): () => void {
  const [near, far] = socketpair();
  run.own(near);
  run.own(far);
  new Sleeper(near, run);
  let tries = 0;
  const wake = () => {
    try {
      far.send('!');
    } catch (error) {
      // Tried again, as by an application that has no channel to wait with.
      if (!NOT_NOW.has(codeOf(error))) run.hear('waker', error);
      else if (++tries < 3) setTimeout(wake, 1);
    }
  };
  return wake;
}

/** Starts the clients; when the last one is gone, their server closes, and the idle channel is woken. */
export function startClients(
  run: Run,
  start: (number: number, gone: () => void, address: Address) => void,
  listen?: () => Server,
): void {
  const wake = sleeper(run);
  const server = listen?.();
  let left = CLIENTS;
  const gone = () => {
    if (--left > 0) return;
    server?.close();
    wake();
  };
  const address = server?.address ?? '';
  for (let i = 0; i < CLIENTS; i++) start(i, gone, address);
}
