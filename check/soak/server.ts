// The server of the soak, a process of its own: two listeners, one whose connections send back
// bytes as they come, and one whose connections take frames apart with AsyncChat and check them.
import { AsyncChat, loop } from '../../lib/index.ts';
import type { Socket } from '../../lib/socket.ts';
import { Echo, Listener } from '../../test/support/echo.ts';
import { checkFrame, HEADER, lengthOf } from './frames.ts';
import { memory, openSockets, type State } from './state.ts';

const state: State = {
  connections: 0,
  frames: 0,
  bytes: 0,
  resets: 0,
  halfCloses: 0,
  resident: 0,
  used: 0,
  sockets: 0,
  latency: 0,
  errors: [],
};

function fail(what: string, error: unknown): void {
  // That peers are gone is what this is about.
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  if (code === 'ECONNRESET' || code === 'EPIPE') return;
  state.errors.push(`${what}: ${error instanceof Error ? error.stack : error}`);
}

class Bytes extends Echo {
  override received(data: Buffer) {
    state.bytes += data.length;
    super.received(data);
  }
  override handleError(error: unknown) {
    fail('bytes', error);
    this.close();
  }
  override close() {
    if (this.fileno() >= 0) state.connections--;
    super.close();
  }
}

class Frames extends AsyncChat {
  #header: Buffer | undefined;
  #number = 0;

  constructor(sock: Socket) {
    super(sock);
    this.setTerminator(HEADER);
  }
  override collectIncomingData(data: Buffer) {
    state.bytes += data.length;
    this._collectIncomingData(data);
  }
  override foundTerminator() {
    const data = this._getData();
    const header = this.#header;
    if (header === undefined) {
      this.#header = data;
      this.setTerminator(lengthOf(data));
      return;
    }
    checkFrame(header, data, this.#number++);
    state.frames++;
    this.#header = undefined;
    this.setTerminator(HEADER);
    this.push(header);
    this.push(data);
  }
  override handleClose() {
    // asynchat's way of closing when all is sent; after an error there is nobody to send to.
    if (this.producerFifo.length > 0 && this.connected && !this.#isClosing) {
      this.#isClosing = true;
      this.closeWhenDone();
    } else {
      this.close();
    }
  }
  #isClosing = false;

  override readable() {
    return !this.#isClosing;
  }
  override handleError(error: unknown) {
    fail('frames', error);
    this.close();
  }
  override close() {
    if (this.fileno() >= 0) state.connections--;
    super.close();
  }
}

class Server extends Listener {
  constructor(serve: (sock: Socket) => unknown) {
    const count = (sock: Socket) => {
      state.connections++;
      serve(sock);
    };
    super(['127.0.0.1', 0], count, 4096);
  }
  override handleError(error: unknown) {
    fail('listener', error);
  }
  override logInfo() {}

  get port(): number {
    const { address } = this;
    return Array.isArray(address) ? address[1] : 0;
  }
}

const servers = [new Server((sock) => new Bytes(sock)), new Server((sock) => new Frames(sock))];
process.on('message', (message) => {
  if (message !== 'state') return;
  process.send?.({ ...state, ...memory(), sockets: openSockets() });
});
process.on('disconnect', () => process.exit(0));
process.send?.(servers.map((server) => server.port));
await loop({ backend: process.argv[2] === 'select' ? 'select' : 'poll', timeout: null });
