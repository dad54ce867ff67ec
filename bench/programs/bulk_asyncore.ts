// Reads the bulk transfer with the library's FileDispatcher: recv(), or with --mode into
// recvInto() and one buffer.
import { FileDispatcher, loop } from 'asyncore';
import { ended, openInput, received } from './bulk.ts';
import { loopOptions, option, READ_SIZE } from './options.ts';

class Reader extends FileDispatcher {
  override writable(): boolean {
    return false;
  }

  override handleRead(): void {
    received(this.recv(READ_SIZE));
  }

  override handleClose(): void {
    this.close();
    ended();
  }
}

const buffer = Buffer.alloc(READ_SIZE);

class IntoReader extends Reader {
  override handleRead(): void {
    received(buffer, this.recvInto(buffer));
  }
}

const input = openInput();
if (option('mode', 'recv') === 'into') new IntoReader(input);
else new Reader(input);
await loop(loopOptions());
