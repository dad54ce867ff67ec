// Follows FIFOs line by line, even after their writers have gone: asynchat on files.
//
//   mkfifo /tmp/a /tmp/b
//   npx tsx examples/tail.ts /tmp/a /tmp/b    (stop it with Ctrl-C)
//   echo hello > /tmp/a                       (in another terminal, as often as you like)
import { AsyncChat, FileWrapper, loop } from 'asyncore';

class Tail extends AsyncChat<FileWrapper> {
  readonly #path: string;

  constructor(path: string) {
    // Opened for writing too, the FIFO always has a writer, so it does not end when the others leave.
    super(FileWrapper.open(path, 'r+'));
    this.#path = path;
    this.setTerminator('\n');
  }

  override collectIncomingData(data: Buffer) {
    this._collectIncomingData(data);
  }

  override foundTerminator() {
    console.log('%s: %s', this.#path, this._getData());
  }
}

for (const path of process.argv.slice(2)) new Tail(path);
await loop();
