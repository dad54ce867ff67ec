// Uses the whole of the library and ends by returning, so that the leak detector, which looks when
// a process ends of itself, can look: test runners end their workers by force. The same in worker
// threads, whose environments are torn down while the process goes on.
import { isMainThread, Worker } from 'node:worker_threads';
import {
  AsyncChat,
  closeAll,
  Dispatcher,
  FileDispatcher,
  loop,
  loopSync,
  pipe,
  poll,
  poll2,
  SimpleProducer,
  socketMap,
} from '../../lib/index.ts';
import { POLLIN, Poll, select, selectSync } from '../../lib/select.ts';
import { type Address, AF_INET, AF_INET6, AF_UNIX, SOCK_DGRAM, Socket, socketpair } from '../../lib/socket.ts';
import { Echo, Listener } from '../../test/support/echo.ts';

type BackendName = 'select' | 'poll';

class Client extends AsyncChat {
  #isGreeted = false;

  constructor(family: number, address: Address) {
    super();
    this.setTerminator('\n');
    this.createSocket(family);
    this.connect(address);
    this.push('hello\n');
    this.pushWithProducer(new SimpleProducer('x'.repeat(20_000)));
    this.push('\n');
  }
  override handleConnect() {}
  override collectIncomingData() {}
  override foundTerminator() {
    if (this.#isGreeted) this.close();
    this.#isGreeted = true;
    this.setTerminator(20_001);
  }
}

class Sink extends FileDispatcher {
  override writable() {
    return false;
  }
  override handleRead() {
    this.recv(100);
  }
  override handleClose() {
    this.close();
  }
}

async function streams(backend: BackendName, isSync: boolean): Promise<void> {
  const addresses: [number, Address][] = [
    [AF_INET, ['127.0.0.1', 0]],
    [AF_INET6, ['::1', 0]],
    [AF_UNIX, `\0asyncore-tour-${process.pid}-${Math.random()}`],
  ];
  for (const [family, address] of addresses) {
    const server = new Listener(address, (sock) => {
      new Echo(sock);
      server.close();
    });
    new Client(family, server.address);
  }
  const [reader, writer] = pipe();
  new Sink(reader);
  reader.close();
  writer.write('some bytes');
  writer.close();
  if (isSync) loopSync({ backend, timeout: 1 });
  else await loop({ backend, timeout: 1 });
}

/** Many idle channels, parked and woken, and closed while a thread waits. */
async function parked(backend: BackendName): Promise<void> {
  const pairs = Array.from({ length: 100 }, () => socketpair());
  for (const [near] of pairs) new Quiet(near);
  const running = loop({ backend, timeout: 10 });
  for (let i = 0; i < 20; i++) {
    await new Promise((resolve) => setTimeout(resolve, 2));
    pairs[i]?.[1].send('!');
  }
  for (const [, far] of pairs) far.close();
  await running;
}

class Quiet extends Dispatcher {
  override writable() {
    return false;
  }
  override handleRead() {
    this.recv(10);
  }
  override handleClose() {
    this.close();
  }
}

async function calls(): Promise<void> {
  const a = new Socket(AF_INET, SOCK_DGRAM);
  a.bind(['127.0.0.1', 0]);
  a.sendto('datagram', a.getsockname());
  await select([a], [], [], 1);
  a.recvfrom(100);
  selectSync([], [a], [], 0);
  const one = new Poll();
  one.register(a, POLLIN);
  await one.poll(0.001);
  a.close();
  for (const wrong of [() => new Socket(-1), () => a.recv(-1), () => a.bind(['nowhere', 1])]) {
    try {
      wrong();
    } catch {
      // What is thrown must leak nothing either.
    }
  }
}

for (const backend of ['select', 'poll'] as const) {
  await streams(backend, false);
  await streams(backend, true);
  await parked(backend);
}
await calls();
await poll();
await poll2();
closeAll();
if (isMainThread) {
  // A worker does not inherit the loader of TypeScript in every version of Node.
  const source = `import('tsx/esm/api').then(({ register }) => { register(); return import(${JSON.stringify(import.meta.url)}); })`;
  await Promise.all(
    Array.from({ length: 4 }, () => {
      const worker = new Worker(source, { eval: true });
      return new Promise((resolve, reject) => worker.once('exit', resolve).once('error', reject));
    }),
  );
}
if (socketMap.size > 0) throw new Error('channels are left');
