// The library's echo server, written like the first example in asyncore's documentation: a
// DispatcherWithSend that sends what it received. With --mode into it reads into a buffer that all
// connections share, instead of getting a new one each time.
import { Dispatcher, DispatcherWithSend, loop } from 'asyncore';
import { AF_INET, AF_UNIX, SOCK_STREAM, type Socket } from 'asyncore/socket';
import { takeControl } from './control.ts';
import { announce } from './messages.ts';
import { BACKLOG, loopOptions, option, READ_SIZE, unixPath } from './options.ts';

class EchoHandler extends DispatcherWithSend {
  override handleRead(): void {
    const data = this.recv(READ_SIZE);
    if (data.length > 0) this.send(data);
  }

  override handleClose(): void {
    this.close();
  }
}

const shared = Buffer.alloc(READ_SIZE);

class EchoIntoHandler extends DispatcherWithSend {
  override handleRead(): void {
    const length = this.recvInto(shared);
    if (length > 0) this.send(shared.subarray(0, length));
  }

  override handleClose(): void {
    this.close();
  }
}

class EchoServer extends Dispatcher {
  readonly #handler: typeof EchoHandler | typeof EchoIntoHandler;

  constructor(path: string | null, handler: typeof EchoHandler | typeof EchoIntoHandler) {
    super();
    this.#handler = handler;
    this.createSocket(path === null ? AF_INET : AF_UNIX, SOCK_STREAM);
    this.setReuseAddr();
    this.bind(path ?? ['127.0.0.1', 0]);
    this.listen(BACKLOG);
    const bound = this.socket?.getsockname();
    announce(path === null ? `127.0.0.1:${bound?.[1]}` : `unix:${path}`);
  }

  override handleAccepted(sock: Socket): void {
    new this.#handler(sock);
  }
}

takeControl();
new EchoServer(unixPath(), option('mode', 'send') === 'into' ? EchoIntoHandler : EchoHandler);
await loop(loopOptions());
