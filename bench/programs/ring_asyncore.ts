// The pipe ring on the library: a FileDispatcher on each read end, a FileWrapper on each write end.
import { closeSync } from 'node:fs';
import { FileDispatcher, FileWrapper, loop } from 'asyncore';
import { loopOptions } from './options.ts';
import { openPipes, Ring, token } from './ring.ts';

const writers: FileWrapper[] = [];

const ring = new Ring((pipe) => {
  writers[pipe]?.write(token);
});

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
ring.start();
await loop(loopOptions());
