// The core of the library as a program, for every runtime: waits, loops, dispatchers, AsyncChat, files
// and a worker, each with select and with poll. It prints a line for each, ends with 0 only if all went
// well, and nothing may be written to standard error. Type annotations alone make it TypeScript.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, openSync, readdirSync, readFileSync, readlinkSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import {
  AsyncChat,
  type ChannelMap,
  closeAll,
  Dispatcher,
  DispatcherWithSend,
  FileDispatcher,
  loop,
  loopSync,
  pipe,
} from 'asyncore';
import { POLLHUP, POLLIN, Poll, select, selectSync } from 'asyncore/select';
import { type Socket, socketpair } from 'asyncore/socket';

type Backend = 'select' | 'poll';

const AF_INET = 2;

class Lines extends AsyncChat {
  readonly lines: string[] = [];

  override collectIncomingData(data: Buffer) {
    this._collectIncomingData(data);
  }
  override foundTerminator() {
    this.lines.push(this._getData().toString());
  }
}

class Echo extends DispatcherWithSend {
  override handleRead() {
    this.send(this.recv(65536));
  }
  override handleClose() {
    this.close();
  }
}

class Server extends Dispatcher {
  readonly #map: ChannelMap;

  constructor(map: ChannelMap) {
    super(null, map);
    this.#map = map;
    this.createSocket(AF_INET);
    this.setReuseAddr();
    this.bind(['127.0.0.1', 0]);
    this.listen(16);
  }
  override writable() {
    return false;
  }
  override handleAccepted(sock: Socket) {
    new Echo(sock, this.#map);
  }
}

class Client extends Dispatcher {
  sent = 0;
  received = 0;
  readonly #bytes = Buffer.alloc(1 << 20, 'asyncore ');

  override handleConnect() {}
  override writable() {
    return !this.connected || this.sent < this.#bytes.length;
  }
  override handleWrite() {
    this.sent += this.send(this.#bytes.subarray(this.sent, this.sent + 65536));
  }
  override handleRead() {
    const data = this.recv(65536);
    const expected = this.#bytes.subarray(this.received, this.received + data.length);
    assert.ok(data.equals(expected), 'other bytes came back');
    this.received += data.length;
    if (this.received === this.#bytes.length) closeAll(this.map);
  }
}

const PARTS: Readonly<Record<string, (backend: Backend) => Promise<void>>> = {
  async waits(backend) {
    const [reader, writer] = pipe();
    assert.deepEqual(selectSync([reader], [], [], 0)[0], []);
    setTimeout(() => writer.write('x'), 20);
    if (backend === 'select') assert.deepEqual(await select([reader], [], [], 10), [[reader], [], []]);
    const poller = new Poll();
    poller.register(reader, POLLIN);
    assert.deepEqual(await poller.poll(10), [[reader.fileno(), POLLIN]]);
    writer.close();
    reader.recv(1);
    assert.equal((await poller.poll(10))[0]?.[1], POLLHUP);
    reader.close();
  },

  async timers(backend) {
    const [sock, peer] = socketpair();
    const map: ChannelMap = new Map();
    const order: string[] = [];
    class Reader extends Dispatcher {
      override writable() {
        return false;
      }
      override handleRead() {
        order.push(this.recv(10).toString());
        // What a handler resolves goes on before the next event.
        Promise.resolve().then(() => order.push('promise'));
        if (order.includes('b')) return this.close();
        setTimeout(() => {
          order.push('timer');
          peer.send('b');
        }, 40);
      }
    }
    new Reader(sock, map);
    setTimeout(() => peer.send('a'), 10);
    await loop({ map, backend, timeout: 30 });
    assert.deepEqual(order, ['a', 'promise', 'timer', 'b', 'promise']);
    peer.close();
  },

  async sync(backend) {
    const [sock, peer] = socketpair();
    const map: ChannelMap = new Map();
    const lines = new Lines(sock, map);
    lines.setTerminator('\n');
    peer.send('one\ntwo\n');
    peer.close();
    loopSync({ map, backend, timeout: 10 });
    assert.deepEqual(lines.lines, ['one', 'two']);
  },

  async echo(backend) {
    const map: ChannelMap = new Map();
    const server = new Server(map);
    const client = new Client(null, map);
    client.createSocket(AF_INET);
    const address = server.socket?.getsockname();
    assert.ok(address !== undefined);
    client.connect(address);
    await loop({ map, backend, timeout: 10 });
    assert.equal(client.received, 1 << 20);
  },

  async chat(backend) {
    const map: ChannelMap = new Map();
    const [here, there] = socketpair();
    const lines = new Lines(here, map);
    lines.setTerminator('\r\n');
    const writer = new AsyncChat(there, map);
    for (let i = 0; i < 1000; i++) writer.push(`line ${i}\r\n`);
    writer.closeWhenDone();
    await loop({ map, backend, timeout: 10 });
    assert.equal(lines.lines.length, 1000);
    assert.equal(lines.lines[999], 'line 999');
  },

  async files(backend) {
    const map: ChannelMap = new Map();
    const path = join(tmpdir(), `asyncore-core-${process.pid}-${backend}`);
    execFileSync('mkfifo', [path]);
    const fifo = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    let heard = '';
    class Tail extends FileDispatcher {
      override writable() {
        return false;
      }
      override handleRead() {
        heard += this.recv(100).toString();
      }
      override handleClose() {
        this.close();
      }
    }
    new Tail(fifo, map);
    closeSync(fifo);
    const child = spawn('sh', ['-c', 'echo hello > "$0"', path]);
    await Promise.all([loop({ map, backend, timeout: 10 }), once(child, 'exit')]);
    rmSync(path);
    assert.equal(heard, 'hello\n');
    const fd = openSync('/proc/self/status', 'r');
    const file = new FileDispatcher(fd, map);
    closeSync(fd);
    assert.match(file.recv(100).toString(), /^Name:/);
    file.close();
  },

  async many(backend) {
    const map: ChannelMap = new Map();
    let heard = 0;
    class Reader extends Dispatcher {
      override writable() {
        return false;
      }
      override handleRead() {
        // One byte of perhaps several: a peer whose turn lasts is sent another.
        heard += this.recv(1).length;
        if (heard === 300) closeAll(map);
      }
    }
    const peers = Array.from({ length: 300 }, () => {
      const [sock, peer] = socketpair();
      new Reader(sock, map);
      return peer;
    });
    const timer = setInterval(() => peers[heard]?.send('x'), 1);
    await loop({ map, backend, timeout: 10 });
    clearInterval(timer);
    for (const peer of peers) peer.close();
    assert.equal(heard, 300);
  },
};

/** The sockets, pipes and eventfds that are open; a map's epoll instance goes with the map, by garbage collection. */
function open(): Map<string, string> {
  const links = readdirSync('/proc/self/fd').map((fd): [string, string] => {
    try {
      return [fd, readlinkSync(`/proc/self/fd/${fd}`)];
    } catch {
      // The folder's own, which is closed by now.
      return [fd, ''];
    }
  });
  return new Map(links.filter(([, what]) => /^(socket|pipe|anon_inode:\[eventfd)/.test(what)));
}

async function all(say: (what: string) => void): Promise<void> {
  for (const [name, part] of Object.entries(PARTS)) {
    for (const backend of ['select', 'poll'] as const) {
      await part(backend);
      say(`${name} (${backend})`);
    }
  }
}

/** Nothing stays open: the first time is for what the runtime itself opens when it is first needed. */
async function twice(): Promise<void> {
  await all(() => {});
  const before = open();
  await all(console.log);
  // What the reactor needed goes within a second after the last wait.
  for (let i = 0; i < 100 && open().size > before.size; i++) await new Promise((resolve) => setTimeout(resolve, 50));
  assert.ok(open().size <= before.size, `left open: ${[...open()].join(' ')}`);
}

/** A worker that does it all, and one that is terminated while its loop waits. */
async function workers(): Promise<void> {
  const start = (task: string) => {
    const worker = new Worker(new URL(import.meta.url));
    worker.postMessage(task);
    return worker;
  };
  const worker = start('all');
  assert.deepEqual(await once(worker, 'message'), ['done']);
  await worker.terminate();
  const sleeper = start('sleep');
  assert.deepEqual(await once(sleeper, 'message'), ['asleep']);
  await sleeper.terminate();
  console.log('workers');
}

async function work(task: unknown): Promise<void> {
  if (task === 'all') {
    await all(() => {});
    parentPort?.postMessage('done');
    return;
  }
  const map: ChannelMap = new Map();
  const [sock] = socketpair();
  new Lines(sock, map);
  setTimeout(() => parentPort?.postMessage('asleep'), 50);
  await loop({ map, timeout: null });
}

if (isMainThread) {
  console.log(readFileSync('/proc/self/maps', 'utf8').match(/\/\S+asyncore\S*\.node/)?.[0]);
  await twice();
  await workers();
  console.log('all went well');
  process.exit();
} else {
  parentPort?.once('message', work);
}
