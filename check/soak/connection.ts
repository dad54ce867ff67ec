// One connection of the soak's client: sends frames, compares every byte that comes back, and
// leaves in one of several ways.
import { Dispatcher } from '../../lib/index.ts';
import { SHUT_WR, SO_LINGER, SOL_SOCKET } from '../../lib/socket.ts';
import { randomFrame } from './frames.ts';

/** What the connections tell the client. */
export interface Listener {
  connected(): void;
  /** A frame came back whole after so many milliseconds. */
  echoed(bytes: number, milliseconds: number): void;
  /** The connection is over: as was wanted, or with an error. */
  gone(connection: Connection, error?: string): void;
}

/** { l_onoff: 1, l_linger: 0 }: close() resets the connection. */
const RESET = new Uint8Array(Int32Array.of(1, 0).buffer);

interface Waiting {
  readonly frame: Buffer;
  readonly since: number;
}

export class Connection extends Dispatcher {
  readonly #listener: Listener;
  // Frames whose echo has not come yet, the first of them having come up to #matched.
  #awaited: Waiting[] = [];
  #matched = 0;
  // What of the awaited frames has not been sent.
  #unsent: Buffer[] = [];
  #number = 0;
  #isEnding = false;

  constructor(port: number, listener: Listener) {
    super();
    this.#listener = listener;
    this.createSocket();
    this.connect(['127.0.0.1', port]);
  }

  /** How many frames are on their way. */
  get pending(): number {
    return this.#awaited.length;
  }

  sendFrames(count: number): void {
    if (!this.connected || this.#isEnding) return;
    for (let i = 0; i < count; i++) {
      const frame = randomFrame(this.#number++);
      this.#awaited.push({ frame, since: performance.now() });
      this.#unsent.push(frame);
    }
    this.handleWrite();
  }

  /** Ends the sending direction when all is sent; every frame must come back before the end does. */
  halfClose(): void {
    if (this.#isEnding) return;
    this.#isEnding = true;
    if (this.connected && this.#unsent.length === 0) this.socket?.shutdown(SHUT_WR);
  }

  /** Breaks the connection off, whatever is on its way. */
  reset(): void {
    this.socket?.setsockopt(SOL_SOCKET, SO_LINGER, RESET);
    this.#finish();
  }

  override writable() {
    return !this.connected || this.#unsent.length > 0;
  }

  override handleConnect() {
    this.#listener.connected();
    if (this.#isEnding) this.socket?.shutdown(SHUT_WR);
  }

  override handleWrite() {
    for (let first = this.#unsent[0]; first !== undefined; first = this.#unsent[0]) {
      const sent = this.send(first);
      if (sent < first.length) {
        this.#unsent[0] = first.subarray(sent);
        return;
      }
      this.#unsent.shift();
      if (this.#unsent.length === 0 && this.#isEnding) this.socket?.shutdown(SHUT_WR);
    }
  }

  override handleRead() {
    let data = this.recv(65536);
    while (data.length > 0) {
      const [first] = this.#awaited;
      if (first === undefined) return this.#finish(`${data.length} bytes that were not sent`);
      const wanted = first.frame.subarray(this.#matched, this.#matched + data.length);
      if (!data.subarray(0, wanted.length).equals(wanted)) return this.#finish('other bytes than were sent');
      this.#matched += wanted.length;
      data = data.subarray(wanted.length);
      if (this.#matched < first.frame.length) continue;
      this.#awaited.shift();
      this.#matched = 0;
      this.#listener.echoed(first.frame.length, performance.now() - first.since);
    }
  }

  override handleClose() {
    if (!this.#isEnding) this.#finish('ended by the server');
    else if (this.#awaited.length > 0) this.#finish(`ended with ${this.#awaited.length} frames missing`);
    else this.#finish();
  }

  override handleError(error: unknown) {
    this.#finish(String(error));
  }

  #finish(error?: string): void {
    if (this.fileno() < 0) return;
    this.close();
    this.#listener.gone(this, error);
  }
}
