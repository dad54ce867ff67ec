// The scenario over TCP: a listener, three clients, 64 KiB echoed to each, half-close, close.
import { Dispatcher } from '../../lib/index.ts';
import { type Address, AF_INET, SHUT_WR, type Socket } from '../../lib/socket.ts';
import { Echo } from '../../test/support/echo.ts';
import { GOALS, Goal, Server, startClients } from './parts.ts';
import { payload, type Run, type Scenario } from './run.ts';

const PIECE = 16384;

class FaultyEcho extends Echo {
  override readonly pieceSize = PIECE;
  readonly #run: Run;

  constructor(sock: Socket, run: Run) {
    super(sock, run.map);
    this.#run = run;
  }

  override received(data: Buffer) {
    this.#run.progress();
    super.received(data);
  }

  override handleError(error: unknown) {
    this.#run.hear('echo', error);
    this.close();
  }
}

class Client extends Dispatcher {
  readonly #run: Run;
  readonly #goal: Goal;
  readonly #data: Buffer;
  #sent = 0;
  #pausesAt = PIECE;

  constructor(run: Run, number: number, gone: () => void, address: Address) {
    super(null, run.map);
    this.#run = run;
    this.#data = payload(number);
    this.#goal = new Goal(run, this.#data, gone);
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
    this.#goal.take(this.recv(PIECE));
  }

  override handleClose() {
    this.close();
    this.#goal.ended();
  }

  override handleError(error: unknown) {
    this.close();
    this.#goal.failed(error);
  }
}

export const sockets: Scenario = {
  name: 'sockets',
  goals: GOALS,
  start(run) {
    const listen = () => new Server(['127.0.0.1', 0], run, (sock) => new FaultyEcho(sock, run));
    startClients(run, (number, gone, address) => new Client(run, number, gone, address), listen);
  },
};
