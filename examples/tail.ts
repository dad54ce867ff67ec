// Follows FIFOs line by line, even after their writers have gone: asynchat on files.
//
//   mkfifo /tmp/a /tmp/b
//   npx tsx examples/tail.ts /tmp/a /tmp/b    (stop it with Ctrl-C)
//   echo hello > /tmp/a                       (in another terminal, as often as you like)
import { fstatSync } from 'node:fs';
import { AsyncChat, FileWrapper, loop, SystemError } from 'asyncore';

/** The file, and whether it is a FIFO whose end is the end of its last writer. */
function open(path: string): [file: FileWrapper, ends: boolean] {
  try {
    // Opened for writing too, the FIFO always has a writer, so it does not end when the others leave.
    return [FileWrapper.open(path, 'r+'), false];
  } catch (error) {
    if (!(error instanceof SystemError) || error.code !== 'EACCES') throw error;
    const file = FileWrapper.open(path, 'r');
    return [file, fstatSync(file.fd).isFIFO()];
  }
}

class Tail extends AsyncChat<FileWrapper> {
  readonly #path: string;
  readonly #ends: boolean;

  constructor(path: string) {
    const [file, ends] = open(path);
    super(file);
    this.#path = path;
    this.#ends = ends;
    this.setTerminator('\n');
  }

  override collectIncomingData(data: Buffer) {
    this._collectIncomingData(data);
  }

  override foundTerminator() {
    console.log('%s: %s', this.#path, this._getData());
  }

  override handleClose() {
    try {
      // Before this one closes, so that no writer finds the FIFO without a reader.
      if (this.#ends && this.connected) new Tail(this.#path).collectIncomingData(this._getData());
    } finally {
      this.close();
    }
  }
}

for (const path of process.argv.slice(2)) new Tail(path);
await loop();
