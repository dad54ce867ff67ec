// One port, served by as many threads as you like: each listens on it by itself (SO_REUSEPORT), the system
// shares the connections out, and no thread waits for another. The socket of the main thread only holds the port.
//
//   npx tsx examples/reuse_port.ts 8080 2
//   for i in 1 2 3 4 5 6; do curl -s localhost:8080; done      (or: ab -n 20000 -c 50 http://127.0.0.1:8080/)
import { isMainThread, parentPort, threadId, Worker, workerData } from 'node:worker_threads';
import { AsyncChat, createServer, loop } from 'asyncore';
import { Socket } from 'asyncore/socket';

class Answer extends AsyncChat {
  static #count = 0;

  constructor(sock: Socket) {
    super(sock);
    this.setTerminator('\r\n\r\n');
    this.setTimeout('read', 10);
    this.maxIncoming = 16384;
  }

  override collectIncomingData() {}

  override foundTerminator() {
    const text = `thread ${threadId}, answer ${++Answer.#count}\n`;
    this.push(`HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: ${text.length}\r\n\r\n${text}`);
    this.closeWhenDone();
    this.pauseIncoming();
  }

  override handleError() {
    this.close();
  }
}

/** A compiled program needs only `new Worker(new URL(import.meta.url))`; Node 20 must be taught TypeScript first. */
const START = `
  import('tsx/esm/api').then((tsx) => tsx.register(), () => {})
    .then(() => import(${JSON.stringify(import.meta.url)}));
`;

function main(port: number, threads: number) {
  const holder = new Socket();
  holder.setReusePort();
  holder.bind(['127.0.0.1', port]);
  const address = holder.getsockname();
  let left = threads;
  for (let i = 0; i < threads; i++) {
    const worker = new Worker(START, { eval: true, workerData: address });
    worker.once('message', () => {
      if (--left === 0) console.log('listening on %j', address);
    });
  }
}

if (isMainThread) {
  const [port = '0', threads = '2'] = process.argv.slice(2);
  main(Number(port), Number(threads));
} else {
  createServer(workerData, { reusePort: true, backlog: 511 }, (socket) => {
    new Answer(socket);
  });
  parentPort?.postMessage('ready');
  await loop();
}
