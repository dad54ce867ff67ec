// Back-pressure: two endless sources, each with a peer that reads slowly. Neither fills up the memory,
// because each sender first checks how much is waiting:
//
// - the pusher sends until isFull, and continues in handleDrain();
// - AsyncChat asks its producer for the next piece only when the previous one has been sent, and the
//   relay between it and its peer reads only while the other side's buffer is below the mark.
//
//   npx tsx examples/backpressure.ts          (stops by itself after a second)
import { AsyncChat, closeAll, Dispatcher, DispatcherWithSend, loop } from 'asyncore';
import { type Socket, socketpair } from 'asyncore/socket';

const KIB = 1024;
/** The most bytes that should be waiting in one place. */
const MARK = 128 * KIB;
const PIECE = Buffer.alloc(16 * KIB, 'x');

class Pusher extends DispatcherWithSend {
  override highWaterMark = MARK;
  pushed = 0;

  push() {
    for (; !this.isFull; this.pushed += PIECE.length) this.send(PIECE);
  }

  override handleDrain() {
    this.push();
  }
}

class Relay extends Dispatcher {
  readonly outlet: DispatcherWithSend;

  constructor(from: Socket, to: Socket) {
    super(from);
    this.outlet = new DispatcherWithSend(to);
    this.outlet.highWaterMark = MARK;
  }

  override readable() {
    return !this.outlet.isFull; // when full, the bytes stay in the socket, and soon their sender pauses too
  }

  override handleRead() {
    this.outlet.send(this.recv(PIECE.length));
  }

  override writable() {
    return false;
  }
}

/** Reads 32 KiB on every tick of a clock. */
class SlowReader extends Dispatcher {
  received = 0;
  #mayRead = false;
  readonly clock = setInterval(() => {
    this.#mayRead = true;
  }, 10);

  override readable() {
    return this.#mayRead;
  }

  override handleRead() {
    this.received += this.recv(32 * KIB).length;
    this.#mayRead = false;
  }

  override writable() {
    return false;
  }
}

const [here, there] = socketpair();
const pusher = new Pusher(here);
const reader = new SlowReader(there);
pusher.push();

const [inner, near] = socketpair();
const [far, outer] = socketpair();
const chat = new AsyncChat(inner);
const relay = new Relay(near, far);
const relayReader = new SlowReader(outer);
let produced = 0;
chat.pushWithProducer({
  more() {
    produced += PIECE.length;
    return PIECE;
  },
});

function row(first: string, ...cells: (string | number)[]) {
  console.log(first + cells.map((cell) => String(cell).padStart(9)).join(''));
}

row('KiB  ', 'pushed', 'waiting', 'read', 'produced', 'waiting', 'in relay', 'read');
for (let i = 1; i <= 5; i++) {
  setTimeout(() => {
    const ofPusher = [pusher.pushed, pusher.outBuffer.length, reader.received];
    const ofChat = [produced, chat.producerFifo.size, relay.outlet.outBuffer.length, relayReader.received];
    row(`${(0.2 * i).toFixed(1)} s`, ...[...ofPusher, ...ofChat].map((count) => Math.round(count / KIB)));
    if (i < 5) return;
    for (const { clock } of [reader, relayReader]) clearInterval(clock);
    closeAll(); // empties the map, which ends the loop
  }, 200 * i);
}
await loop();
