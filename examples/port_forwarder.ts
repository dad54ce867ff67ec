// Forwards a local port to another host. readable() is called before every wait, so that one side is
// not read while the other is slow, and memory use stays small no matter how large the transfer. When
// one side closes, the other is closed as soon as everything waiting for it has been sent.
//
//   npx tsx examples/port_forwarder.ts 8080 example.org 80
//   curl -H 'Host: example.org' localhost:8080
import { Dispatcher, DispatcherWithSend, loop } from 'asyncore';
import type { Socket } from 'asyncore/socket';

/** The most bytes that wait to be sent to one side. */
const HIGH_WATER = 1 << 20;

class Side extends DispatcherWithSend {
  opposite: Side | undefined;
  #isEnding = false;

  override readable() {
    const { opposite } = this;
    return !this.connected || (opposite?.connected === true && opposite.outBuffer.length < HIGH_WATER);
  }

  override handleRead() {
    this.opposite?.send(this.recv(65536));
  }

  override writable() {
    return this.#isEnding || super.writable();
  }

  override handleWrite() {
    super.handleWrite();
    if (this.#isEnding && this.outBuffer.length === 0) this.close();
  }

  override handleError(error: unknown) {
    console.error(String(error));
    this.handleClose();
  }

  override handleClose() {
    this.close();
    this.opposite?.end();
  }

  /** Closes this side once everything waiting has been sent. */
  end() {
    this.#isEnding = true;
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
