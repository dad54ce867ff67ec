// Forwards connections to another address. readable() is called before every wait, so that one side is
// not read while the other is slow, and memory use stays small no matter how large the transfer. When
// a peer ends its side, the other peer gets that end behind everything that was sent before, and can go on
// answering; a peer that is gone takes the other one with it.
//
//   npx tsx examples/port_forwarder.ts 8080 example.org:80          (HOST:PORT, a port, or a path)
//   curl -H 'Host: example.org' localhost:8080
import { AsyncChat, createServer, loop } from 'asyncore';
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
    // The error without where it comes from. While the target is down there is one for each connection, of
    // which 10 in a second are written.
    super.handleError(String(error));
  }

  override logInfo(message: unknown, type = 'info') {
    if (!this.ignoreLogTypes.has(type)) console.error(message);
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

/** Two sides for a connection: the one that came, and one to the target. */
function forward(sock: Socket, [family, address]: ReturnType<typeof addressOf>) {
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

const [listen = '0', target = 'example.org:80'] = process.argv.slice(2);
const to = addressOf(target);
const [family, address] = addressOf(listen);
// With `unlink`, the path is taken that a forwarder has left which was ended by a signal.
const server = createServer(address, { family, unlink: true }, (sock) => forward(sock, to));
console.log('listening on %j', server.getsockname());
await loop();
