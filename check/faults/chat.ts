// The scenario with AsyncChat over UNIX sockets: three clients push 68 KiB in lines, get each line
// back, and close when done.
import { AsyncChat, SimpleProducer } from '../../lib/index.ts';
import { type Address, AF_UNIX, type Socket } from '../../lib/socket.ts';
import { GOALS, Goal, Server, startClients } from './parts.ts';
import { payload, type Run, type Scenario } from './run.ts';

const LINES = 8;
const LINE = 8192;

/** Sends each line back, every other one by a producer. */
class Echo extends AsyncChat {
  readonly #run: Run;
  #lines = 0;

  constructor(sock: Socket, run: Run) {
    super(sock, run.map);
    this.#run = run;
    this.setTerminator('\r\n');
  }

  override collectIncomingData(data: Buffer) {
    this._collectIncomingData(data);
  }

  override foundTerminator() {
    this.#run.progress();
    const line = Buffer.concat([this._getData(), Buffer.from('\r\n')]);
    if (this.#lines++ % 2 === 0) this.push(line);
    else this.pushWithProducer(new SimpleProducer(line, LINE / 2));
    if (this.#lines === LINES) this.closeWhenDone();
  }

  override handleError(error: unknown) {
    this.#run.hear('echo', error);
    this.close();
  }

  override logInfo() {}
}

/** Lines of 8 KiB without a line end in them. */
function lines(client: number): Buffer[] {
  const bytes = payload(client, LINES * LINE).map((byte) => 0x20 + (byte & 0x3f));
  return Array.from({ length: LINES }, (_, i) => Buffer.from(bytes.subarray(i * LINE, (i + 1) * LINE)));
}

class Client extends AsyncChat {
  readonly #run: Run;
  readonly #goal: Goal;
  readonly #lines: Buffer[];

  constructor(run: Run, number: number, gone: () => void, address: Address) {
    super(null, run.map);
    this.#run = run;
    this.#lines = lines(number);
    this.#goal = new Goal(run, Buffer.concat(this.#lines), gone);
    this.createSocket(AF_UNIX);
    this.setTerminator('\r\n');
    this.#pushLines(0, 2);
    this.connect(address);
  }

  #pushLines(from: number, to: number): void {
    for (const line of this.#lines.slice(from, to)) this.push(Buffer.concat([line, Buffer.from('\r\n')]));
  }

  override handleConnect() {
    // The rest after a pause in which nothing is ready.
    setTimeout(() => {
      if (!this.#goal.isOver) this.#pushLines(2, LINES);
    }, this.#run.pause);
  }

  override collectIncomingData(data: Buffer) {
    this.#goal.take(data);
  }

  override foundTerminator() {}

  override handleClose() {
    this.close();
    this.#goal.ended();
  }

  override handleError(error: unknown) {
    this.close();
    this.#goal.failed(error);
  }

  override logInfo() {}
}

export const chat: Scenario = {
  name: 'chat',
  goals: GOALS,
  start(run) {
    const listen = () => new Server(`\0asyncore-faults-${process.pid}`, run, (sock) => new Echo(sock, run));
    startClients(run, (number, gone, address) => new Client(run, number, gone, address), listen);
  },
};
