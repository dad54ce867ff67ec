// The scenario with AsyncChat over UNIX sockets: three clients push 68 KiB in lines, get each line
// back, and close when done.
import { AsyncChat, Dispatcher, SimpleProducer } from '../../lib/index.ts';
import { AF_UNIX, type Socket } from '../../lib/socket.ts';
import { Expected, payload, type Run, type Scenario } from './run.ts';
import { sleeper } from './sockets.ts';

const CLIENTS = 3;
const LINES = 8;
const LINE = 8192;

class Server extends Dispatcher {
  readonly #run: Run;

  constructor(run: Run, name: string) {
    super(null, run.map);
    this.#run = run;
    this.createSocket(AF_UNIX);
    this.bind(name);
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
  readonly #gone: () => void;
  readonly #lines: Buffer[];
  readonly #expected: Expected;
  #isOver = false;

  constructor(run: Run, number: number, name: string, gone: () => void) {
    super(null, run.map);
    this.#run = run;
    this.#gone = gone;
    this.#lines = lines(number);
    this.#expected = new Expected(Buffer.concat(this.#lines));
    this.createSocket(AF_UNIX);
    this.setTerminator('\r\n');
    this.#pushLines(0, 2);
    this.connect(name);
  }

  #pushLines(from: number, to: number): void {
    for (const line of this.#lines.slice(from, to)) this.push(Buffer.concat([line, Buffer.from('\r\n')]));
  }

  override handleConnect() {
    // The rest after a pause in which nothing is ready.
    setTimeout(() => {
      if (!this.#isOver) this.#pushLines(2, LINES);
    }, this.#run.pause);
  }

  override collectIncomingData(data: Buffer) {
    this.#expected.take(data);
    this.#run.progress();
  }

  override foundTerminator() {}

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

  override logInfo() {}
}

export const chat: Scenario = {
  name: 'chat',
  goals: CLIENTS + 1,
  start(run) {
    const wake = sleeper(run);
    const name = `\0asyncore-faults-${process.pid}`;
    const server = new Server(run, name);
    let left = CLIENTS;
    const gone = () => {
      if (--left > 0) return;
      server.close();
      wake();
    };
    for (let i = 0; i < CLIENTS; i++) new Client(run, i, name, gone);
  },
};
