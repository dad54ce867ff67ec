// A server that is replaced without a client's noticing: the new process asks the old one, over a UNIX socket, for
// the listening socket and every live connection. With each comes its state: how much was counted, and what has
// been received of a line. A connection that still has output waiting stays where it is until it ends.
//
//   npx tsx examples/handover.ts /tmp/handover.sock 8080
//   nc localhost 8080                                        (type some lines)
//   npx tsx examples/handover.ts /tmp/handover.sock          (elsewhere; type some more)

import { rmSync, unlinkSync } from 'node:fs';
import { AsyncChat, Dispatcher, loop } from 'asyncore';
import { waitReadable, waitWritable } from 'asyncore/promises';
import { AF_UNIX, recvFds, SOCK_SEQPACKET, Socket, sendFds } from 'asyncore/socket';

const [path = '/tmp/handover.sock', port = '0'] = process.argv.slice(2);
const MOST = 16384;

interface State {
  readonly count: number;
  readonly received: string;
}

const sessions = new Set<Session>();

class Session extends AsyncChat {
  override maxIncoming = MOST;
  #count: number;

  constructor(sock: Socket, { count, received }: State) {
    super(sock);
    this.setTerminator('\n');
    this.#count = count;
    if (received !== '') this._collectIncomingData(Buffer.from(received, 'latin1'));
    sessions.add(this);
  }

  override collectIncomingData(data: Buffer) {
    this._collectIncomingData(data);
  }

  override foundTerminator() {
    this.push(`${process.pid} ${++this.#count} ${this._getData()}\n`);
  }

  override handleError() {
    this.close();
  }

  override close() {
    sessions.delete(this);
    super.close();
  }

  /** Taken out of the map, so that not another byte is read here. */
  leave(): State {
    this.delChannel();
    const received = Buffer.concat([...this.incoming, this.acInBuffer]);
    return { count: this.#count, received: received.toString('latin1') };
  }
}

class Listener extends Dispatcher {
  override handleAccepted(sock: Socket) {
    new Session(sock, { count: 0, received: '' });
  }
}

/** Waits for the process that will take our place. */
class Successors extends Dispatcher {
  readonly #listener: Listener;

  constructor(listener: Listener) {
    super();
    this.#listener = listener;
    this.createSocket(AF_UNIX, SOCK_SEQPACKET); // one message for each descriptor
    const mask = process.umask(0o177);
    try {
      this.bind(path);
    } finally {
      process.umask(mask);
    }
    this.listen(1);
  }

  override async handleAccepted(successor: Socket) {
    this.close();
    unlinkSync(path);
    const listening = this.#listener.socket;
    this.#listener.delChannel();
    if (listening !== null) await give(successor, { count: 0, received: '' }, listening);
    for (const session of sessions) {
      if (session.socket === null || session.producerFifo.length > 0) continue;
      await give(successor, session.leave(), session.socket);
      session.close();
    }
    this.#listener.close();
    successor.close();
    console.log('%d has given all away, and keeps %d', process.pid, sessions.size);
  }
}

async function give(successor: Socket, state: State, sock: Socket) {
  await waitWritable(successor, { timeout: 10 });
  sendFds(successor, [JSON.stringify(state)], [sock]);
}

/** What the process before us has given, or undefined if there is none. */
async function take(): Promise<Listener | undefined> {
  const predecessor = new Socket(AF_UNIX, SOCK_SEQPACKET);
  try {
    if (predecessor.connectEx(path) !== 0) return undefined;
    let listener: Listener | undefined;
    for (;;) {
      await waitReadable(predecessor, { timeout: 10 });
      const [data, [sock]] = recvFds(predecessor, 4 * MOST, 1);
      if (data.length === 0) return listener;
      if (!(sock instanceof Socket)) throw new Error('no socket came with it');
      if (listener === undefined) listener = new Listener(sock);
      else new Session(sock, JSON.parse(data.toString()));
    }
  } finally {
    predecessor.close();
  }
}

function begin(): Listener {
  rmSync(path, { force: true }); // nobody answers there
  const listener = new Listener();
  listener.createSocket();
  listener.setReuseAddr();
  listener.bind(['127.0.0.1', Number(port)]);
  listener.listen();
  return listener;
}

const listener = (await take()) ?? begin();
new Successors(listener);
console.log('%d has %d connections', process.pid, sessions.size);
console.log('listening on %j', listener.getsockname());
await loop();
