// The pipe ring on the library: a FileDispatcher on each read end, a FileWrapper on each write end.
import { closeSync } from 'node:fs';
import { FileDispatcher, FileWrapper, loop, pipe } from 'asyncore';
import { loopOptions } from './options.ts';
import { openPipes, Ring, token } from './ring.ts';

const writers: FileWrapper[] = [];

class Idle extends FileDispatcher {
  wants = true;

  override readable(): boolean {
    return this.wants;
  }

  override writable(): boolean {
    return false;
  }
}

const idle: Idle[] = [];

const ring = new Ring(
  (pipe) => {
    writers[pipe]?.write(token);
  },
  (channel, wants) => {
    const one = idle[channel];
    if (one !== undefined) one.wants = wants;
  },
);

// The predicates are the inherited ones: a read end is never ready for writing, so that a writable()
// that answers true does no harm.
class Reader extends FileDispatcher {
  readonly #pipe: number;

  constructor(fd: number, pipe: number) {
    super(fd);
    this.#pipe = pipe;
  }

  override handleRead(): void {
    ring.received(this.#pipe, this.recv(1));
  }
}

for (const [pipe, [readEnd, writeEnd]] of openPipes(ring.pipes).entries()) {
  new Reader(readEnd, pipe);
  writers.push(new FileWrapper(writeEnd));
  // The dispatcher and the wrapper each took a duplicate.
  closeSync(readEnd);
  closeSync(writeEnd);
}
const [reader, writer] = pipe();
for (let i = 0; i < ring.idle; i++) idle.push(new Idle(reader.fd));
// Open, so that there is no end to be read.
writers.push(writer);
ring.start();
await loop(loopOptions());
