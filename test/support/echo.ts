// The two halves of a server that sends back what it gets: who listens, and who echoes.
import { type ChannelMap, Dispatcher, DispatcherWithSend } from '../../lib/index.ts';
import { type Address, AF_INET, AF_INET6, AF_UNIX, type Socket } from '../../lib/socket.ts';

function familyOf(address: Address): number {
  if (typeof address === 'string' || address instanceof Uint8Array) return AF_UNIX;
  return address[0].includes(':') ? AF_INET6 : AF_INET;
}

/** Listens at an address and hands each connection on. */
export class Listener extends Dispatcher {
  readonly #serve: (sock: Socket) => unknown;

  constructor(address: Address, serve: (sock: Socket) => unknown, backlog = 100, map?: ChannelMap) {
    super(null, map);
    this.#serve = serve;
    this.createSocket(familyOf(address));
    this.setReuseAddr();
    this.bind(address);
    this.listen(backlog);
  }

  /** Where it listens, its port included. */
  get address(): Address {
    return this.socket?.getsockname() ?? '';
  }

  override handleAccepted(sock: Socket) {
    this.#serve(sock);
  }
}

/** Sends back what comes; when the peer has ended, what is left first, and then closes. */
export class Echo extends DispatcherWithSend {
  readonly pieceSize: number = 65536;
  #hasEnded = false;

  override readable() {
    return !this.#hasEnded;
  }

  override handleRead() {
    const data = this.recv(this.pieceSize);
    if (data.length > 0) this.received(data);
  }

  received(data: Buffer) {
    this.send(data);
  }

  override handleWrite() {
    super.handleWrite();
    if (this.#hasEnded && this.outBuffer.length === 0) this.close();
  }

  override handleClose() {
    if (this.#hasEnded || this.outBuffer.length === 0) this.close();
    this.#hasEnded = true;
  }
}
