// Interest that changes while the loop waits: other JavaScript runs then, unlike in Python, and
// what it changes takes effect before the process next sleeps, never only after the time-out of
// 30 s.
import { readFile } from 'node:fs';
import { expect, test } from 'vitest';
import { AsyncChat, type Channel, type ChannelMap, Dispatcher, DispatcherWithSend, loop } from '../../lib/index.ts';
import { type Socket, socketpair } from '../../lib/socket.ts';
import { Dummy } from '../support/dummy.ts';
import { BACKENDS, type BackendName } from '../support/matrix.ts';
import { best, within } from '../support/time.ts';

/** The longest that a change may take to be noticed, in seconds. */
const SOON = 0.05;

/** A loop that waits, with a channel that never hears anything, and what a test put beside it. */
interface Waiting {
  readonly map: ChannelMap;
  readonly sock: Socket;
  readonly peer: Socket;
  /** To be called when the change has taken effect. */
  readonly done: () => void;
}

/** Makes a channel; what it gives back makes the change. */
type Prepare = (waiting: Waiting) => () => void;

/** How the change comes about while the loop waits. */
const CAUSES: [name: string, cause: (change: () => void) => void][] = [
  ['a timer', (change) => setTimeout(change, 10)],
  ['setImmediate', (change) => setTimeout(() => setImmediate(change), 10)],
  ['a promise', (change) => setTimeout(() => Promise.resolve().then(change), 10)],
  ['a file that was read', (change) => readFile('/dev/null', change)],
];

/** The seconds from the change to its effect, in a loop that would sleep for 30 s. */
async function delay(backend: BackendName, prepare: Prepare, cause: (change: () => void) => void): Promise<number> {
  const map: ChannelMap = new Map();
  const [idle, idlePeer] = socketpair();
  const [sock, peer] = socketpair();
  class Idle extends Dispatcher {
    override writable() {
      return false;
    }
  }
  new Idle(idle, map);
  let changed = 0;
  let seconds = Infinity;
  const controller = new AbortController();
  const done = () => {
    seconds = (performance.now() - changed) / 1000;
    controller.abort();
  };
  const change = prepare({ map, sock, peer, done });
  const end = loop({ backend, map, timeout: 30, signal: controller.signal });
  cause(() => {
    changed = performance.now();
    change();
  });
  try {
    await within(end, 1, 'the change to be noticed');
  } catch (error) {
    if (!controller.signal.aborted) {
      controller.abort();
      throw error;
    }
  } finally {
    for (const channel of [...map.values()]) channel.close();
    map.clear();
    for (const one of [idle, idlePeer, sock, peer]) one.close();
  }
  return seconds;
}

class Quiet extends DispatcherWithSend {
  override handleRead() {}
}

class Chat extends AsyncChat {
  override collectIncomingData() {}
  override foundTerminator() {}
}

/** A channel at the peer's end, in the same map: `done` when it reads. */
function reader({ map, peer, done }: Waiting): void {
  class Reader extends Quiet {
    override handleRead() {
      this.recv(100);
      done();
    }
  }
  new Reader(peer, map);
}

const CHANGES: [name: string, prepare: Prepare][] = [
  [
    'a predicate that is replaced on the class',
    ({ map, sock, done }) => {
      class Own extends DispatcherWithSend {
        override handleWrite() {
          done();
        }
      }
      const channel = new Own(sock, map);
      channel.connected = true;
      return () => {
        Own.prototype.writable = () => true;
      };
    },
  ],
  [
    "a variable that the user's writable() reads",
    ({ map, sock, done }) => {
      let wants = false;
      class Own extends Dispatcher {
        override writable() {
          return wants;
        }
        override handleWrite() {
          done();
        }
      }
      new Own(sock, map);
      return () => {
        wants = true;
      };
    },
  ],
  [
    "a variable that the user's readable() reads",
    ({ map, sock, peer, done }) => {
      const gate = { open: false };
      class Own extends DispatcherWithSend {
        override readable() {
          return gate.open;
        }
        override handleRead() {
          done();
        }
      }
      new Own(sock, map);
      peer.send('x');
      return () => {
        gate.open = true;
      };
    },
  ],
  [
    'what a predicate itself defers',
    ({ map, sock, done }) => {
      let wants = false;
      let isAsked = false;
      class Own extends Dispatcher {
        override writable() {
          if (isAsked) void Promise.resolve().then(() => (wants = true));
          return wants;
        }
        override handleWrite() {
          done();
        }
      }
      new Own(sock, map);
      return () => {
        isAsked = true;
      };
    },
  ],
  [
    "a variable that a channel of the user's own class reads",
    ({ map, sock, done }) => {
      let wants = false;
      const channel: Channel = new Dummy({ writable: () => wants, write: done });
      map.set(sock.fileno(), channel);
      return () => {
        wants = true;
      };
    },
  ],
  [
    "a predicate of the library's that is replaced",
    ({ map, sock, done }) => {
      const channel = new Quiet(sock, map);
      channel.handleWrite = done;
      return () => {
        channel.writable = () => true;
      };
    },
  ],
  [
    'DispatcherWithSend.send()',
    (waiting) => {
      reader(waiting);
      const channel = new Quiet(waiting.sock, waiting.map);
      return () => channel.send('x');
    },
  ],
  [
    'putting data into outBuffer',
    (waiting) => {
      reader(waiting);
      const channel = new Quiet(waiting.sock, waiting.map);
      return () => channel.outBuffer.push(Buffer.from('x'));
    },
  ],
  [
    'AsyncChat.push()',
    (waiting) => {
      reader(waiting);
      const channel = new Chat(waiting.sock, waiting.map);
      return () => channel.push('x');
    },
  ],
  [
    'putting an entry into producerFifo',
    (waiting) => {
      reader(waiting);
      const channel = new Chat(waiting.sock, waiting.map);
      return () => channel.producerFifo.push(Buffer.from('x'));
    },
  ],
  [
    'AsyncChat.closeWhenDone()',
    (waiting) => {
      reader(waiting);
      const channel = new Chat(waiting.sock, waiting.map);
      return () => channel.closeWhenDone();
    },
  ],
  [
    'adding a channel',
    ({ map, sock, done }) => {
      class Own extends Dispatcher {
        override handleWrite() {
          done();
        }
      }
      return () => new Own(sock, map);
    },
  ],
  [
    'closing a channel',
    (waiting) => {
      reader(waiting);
      const channel = new Quiet(waiting.sock, waiting.map);
      return () => channel.close();
    },
  ],
  [
    'closing a socket without its channel',
    (waiting) => {
      reader(waiting);
      const channel = new Quiet(waiting.sock, waiting.map);
      return () => {
        channel.delChannel();
        waiting.sock.close();
      };
    },
  ],
  [
    'setting connected',
    ({ map, sock, done }) => {
      const channel = new Chat(sock, map);
      channel.handleWrite = done;
      return () => {
        channel.connected = false;
      };
    },
  ],
  [
    'setting accepting',
    ({ map, sock, done }) => {
      class Own extends Dispatcher {
        override handleWriteEvent() {
          done();
        }
      }
      const channel = new Own(sock, map);
      channel.accepting = true;
      return () => {
        channel.accepting = false;
      };
    },
  ],
  [
    'connect()',
    ({ map, done }) => {
      const listener = new Quiet(null, map);
      listener.createSocket();
      listener.bind(['127.0.0.1', 0]);
      listener.listen(1);
      const channel = new Quiet(null, map);
      channel.createSocket();
      channel.handleConnect = done;
      return () => channel.connect(listener.socket?.getsockname() ?? '');
    },
  ],
  [
    'listen()',
    ({ map, done }) => {
      const listener = new Quiet(null, map);
      listener.createSocket();
      listener.bind(['127.0.0.1', 0]);
      listener.handleAccept = done;
      const channel = new Quiet(null, map);
      channel.createSocket();
      return () => {
        listener.listen(1);
        channel.connect(listener.socket?.getsockname() ?? '');
      };
    },
  ],
];

for (const backend of BACKENDS) {
  for (const [name, prepare] of CHANGES) {
    test(`${name} takes effect at once (${backend})`, async () => {
      for (const [cause, bring] of CAUSES) {
        const seconds = await best(SOON, () => delay(backend, prepare, bring));
        expect(seconds, cause).toBeLessThan(SOON);
      }
    });
  }
}
