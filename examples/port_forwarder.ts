// Forwards a local port to another host. readable() is called before every wait, so that one side is
// not read while the other is slow, and memory use stays small no matter how large the transfer. When
// a peer ends its side, the other peer gets that end behind everything that was sent before, and can go on
// answering; a peer that is gone takes the other one with it.
//
//   npx tsx examples/port_forwarder.ts 8080 example.org 80
//   curl -H 'Host: example.org' localhost:8080
import { AsyncChat, Dispatcher, loop } from 'asyncore';
import type { Socket } from 'asyncore/socket';

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

class Forwarder extends Dispatcher {
  readonly #target: [host: string, port: number];

  constructor(port: number, target: [host: string, port: number]) {
    super();
    this.#target = target;
    this.createSocket();
    this.setReuseAddr();
    this.bind(['127.0.0.1', port]);
    this.listen(128);
    console.log('listening on %j', this.socket?.getsockname());
  }

  override handleAccepted(sock: Socket) {
    const near = new Side(sock);
    const far = new Side();
    near.opposite = far;
    far.opposite = near;
    far.createSocket();
    try {
      far.connect(this.#target);
    } catch (error) {
      far.handleError(error); // this connection failed, not the listener
    }
  }
}

const [port = '0', host = 'example.org', targetPort = '80'] = process.argv.slice(2);
new Forwarder(Number(port), [host, Number(targetPort)]);
await loop();
