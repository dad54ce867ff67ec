// Counts lines with the library's AsyncChat, each taken as the Buffer it delivers (readline delivers
// strings, asynchat bytes). After DONE it answers how many lines and bytes there were.
import { AsyncChat, Dispatcher, loop } from 'asyncore';
import { AF_INET, SOCK_STREAM, type Socket } from 'asyncore/socket';
import { announce } from './messages.ts';
import { BACKLOG, loopOptions } from './options.ts';

const DONE = Buffer.from('DONE');

class LineCounter extends AsyncChat {
  #lines = 0;
  #bytes = 0;

  constructor(sock: Socket) {
    super(sock);
    this.setTerminator('\r\n');
  }

  override collectIncomingData(data: Buffer): void {
    this._collectIncomingData(data);
  }

  override foundTerminator(): void {
    const line = this._getData();
    if (line.length === DONE.length && line.equals(DONE)) {
      this.push(`${this.#lines} ${this.#bytes}\r\n`);
      return;
    }
    this.#lines++;
    this.#bytes += line.length;
  }

  override handleClose(): void {
    this.close();
  }
}

class LineServer extends Dispatcher {
  constructor() {
    super();
    this.createSocket(AF_INET, SOCK_STREAM);
    this.setReuseAddr();
    this.bind(['127.0.0.1', 0]);
    this.listen(BACKLOG);
    announce(`127.0.0.1:${this.socket?.getsockname()[1]}`);
  }

  override handleAccepted(sock: Socket): void {
    new LineCounter(sock);
  }
}

new LineServer();
await loop(loopOptions());
