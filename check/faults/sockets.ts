// The scenario over TCP: a listener, three clients, 64 KiB echoed to each, half-close, close. A
// fourth connection idles until the end, so that it is parked and has to be woken.
import { Dispatcher, DispatcherWithSend } from '../../lib/index.ts';
import { type Address, AF_INET, SHUT_WR, type Socket, socketpair } from '../../lib/socket.ts';
import { codeOf, Expected, NOT_NOW, payload, type Run, type Scenario } from './run.ts';

const CLIENTS = 3;
const PIECE = 16384;

class Server extends Dispatcher {
  readonly #run: Run;

  constructor(run: Run) {
    super(null, run.map);
    this.#run = run;
    this.createSocket(AF_INET);
    this.setReuseAddr();
    this.bind(['127.0.0.1', 0]);
    this.listen(CLIENTS);
  }

  override handleAccepted(sock: Socket) {
    this.#run.progress();
    new Echo(sock, this.#run);
  }

  override handleError(error: unknown) {
    this.#run.hear('server', error);
    this.close();
  }

  override logInfo() {}
}

/** Sends back what comes, and closes when the peer has ended and all is sent. */
class Echo extends DispatcherWithSend {
  readonly #run: Run;
  #ended = false;

  constructor(sock: Socket, run: Run) {
    super(sock, run.map);
    this.#run = run;
  }

  override readable() {
    return !this.#ended;
  }

  override handleRead() {
    const data = this.recv(PIECE);
    if (data.length === 0) return;
    this.#run.progress();
    this.send(data);
  }

  override handleWrite() {
    super.handleWrite();
    if (this.#ended && this.outBuffer.length === 0) this.close();
  }

  override handleClose() {
    if (this.#ended || this.outBuffer.length === 0) this.close();
    this.#ended = true;
  }

  override handleError(error: unknown) {
    this.#run.hear('echo', error);
    this.close();
  }
}

class Client extends Dispatcher {
  readonly #run: Run;
  readonly #gone: () => void;
  readonly #data: Buffer;
  readonly #expected: Expected;
  #sent = 0;
  #pausesAt = PIECE;
  #isOver = false;

  constructor(run: Run, number: number, address: Address, gone: () => void) {
    super(null, run.map);
    this.#run = run;
    this.#gone = gone;
    this.#data = payload(number);
    this.#expected = new Expected(this.#data);
    this.createSocket(AF_INET);
    this.connect(address);
  }

  override writable() {
    return !this.connected || this.#sent < Math.min(this.#pausesAt, this.#data.length);
  }

  override handleConnect() {}

  override handleWrite() {
    const sent = this.send(this.#data.subarray(this.#sent, this.#sent + PIECE));
    if (sent > 0) this.#run.progress();
    this.#sent += sent;
    if (this.#sent === this.#data.length) this.socket?.shutdown(SHUT_WR);
    // A pause in which nothing is ready, for the thread to wait and to be woken.
    if (this.#sent >= this.#pausesAt && this.#pausesAt < this.#data.length) {
      setTimeout(() => {
        this.#pausesAt = this.#data.length;
      }, this.#run.pause);
    }
  }

  override handleRead() {
    const data = this.recv(PIECE);
    this.#expected.take(data);
    if (data.length > 0) this.#run.progress();
  }

  override handleClose() {
    if (this.#isOver) return;
    this.#isOver = true;
    this.close();
    if (this.#expected.isComplete()) this.#run.done();
    else this.#run.hear('client', 'early end');
    this.#gone();
  }

  override handleError(error: unknown) {
    this.#run.hear('client', error);
    this.close();
    if (!this.#isOver) this.#gone();
    this.#isOver = true;
  }
}

/** Waits for one byte. */
export class Sleeper extends Dispatcher {
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
export function sleeper(run: Run): () => void {
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

export const sockets: Scenario = {
  name: 'sockets',
  goals: CLIENTS + 1,
  start(run) {
    const wake = sleeper(run);
    const server = new Server(run);
    const address = server.socket?.getsockname() ?? '';
    let left = CLIENTS;
    const gone = () => {
      if (--left > 0) return;
      server.close();
      wake();
    };
    for (let i = 0; i < CLIENTS; i++) new Client(run, i, address, gone);
  },
};
