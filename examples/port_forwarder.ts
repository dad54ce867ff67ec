// Forwards connections to another address. readable() is called before every wait, so that one side is
// not read while the other is slow, and memory use stays small no matter how large the transfer. When
// a peer ends its side, the other peer gets that end behind everything that was sent before, and can go on
// answering; a peer that is gone takes the other one with it.
//
//   npx tsx examples/port_forwarder.ts 8080 example.org:80          (HOST:PORT, a port, or a path)
//   curl -H 'Host: example.org' localhost:8080
import { AsyncChat, Dispatcher, loop } from 'asyncore';
import { type Address, AF_INET, AF_INET6, AF_UNIX, type Socket } from 'asyncore/socket';

class Side extends AsyncChat {
  override highWaterMark = 1 << 20;
  opposite: Side | undefined;

  constructor(sock?: Socket) {
    super(sock);
    this.setTerminator(null);
  }

  override readable() {
    return this.opposite?.connected === true && !this.opposite.isFull;
  }

  override collectIncomingData(data: Buffer) {
    this.opposite?.push(data);
  }

  override handleEof() {
    this.opposite?.endWhenDone();
  }

  override handleError(error: unknown) {
    console.error(String(error));
    this.handleClose();
  }

  override handleClose() {
    this.close();
    this.opposite?.closeWhenDone();
  }
}

/** An address as it is typed: HOST:PORT, [IPv6]:PORT, PORT, or the path of a UNIX socket. */
function addressOf(text: string): [family: number, address: Address] {
  if (text.includes('/')) return [AF_UNIX, text];
  const [, v6, host = '127.0.0.1', port] = /^(?:\[(.+)\]:|(.+):)?(\d+)$/.exec(text) ?? [];
  if (port === undefined) throw new Error(`'${text}' is not HOST:PORT, a port or a path`);
  return v6 === undefined ? [AF_INET, [host, Number(port)]] : [AF_INET6, [v6, Number(port)]];
}

class Forwarder extends Dispatcher {
  readonly #target: ReturnType<typeof addressOf>;

  constructor(listen: string, target: string) {
    super();
    this.#target = addressOf(target);
    const [family, address] = addressOf(listen);
    this.createSocket(family);
    if (family !== AF_UNIX) this.setReuseAddr();
    this.bind(address);
    this.listen(128);
    console.log('listening on %j', this.socket?.getsockname());
  }

  override handleAccepted(sock: Socket) {
    const [family, address] = this.#target;
    const near = new Side(sock);
    const far = new Side();
    near.opposite = far;
    far.opposite = near;
    try {
      far.createSocket(family);
      far.connect(address);
    } catch (error) {
      far.handleError(error); // this connection failed, not the listener
    }
  }
}

const [listen = '0', target = 'example.org:80'] = process.argv.slice(2);
new Forwarder(listen, target);
await loop();
