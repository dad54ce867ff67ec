// Talks to a serial line or another terminal: prints the lines that come from it, and sends those that
// you type. Speed and mode are set by stty beforehand.
//
//   stty -F /dev/ttyUSB0 115200 raw -echo
//   npx tsx examples/serial.ts /dev/ttyUSB0   (end your input with Ctrl-D, or stop it with Ctrl-C)
import { closeSync, constants, openSync } from 'node:fs';
import { AsyncChat, FileDispatcher, FileWrapper, loop } from 'asyncore';

class Line extends AsyncChat<FileWrapper> {
  constructor(path: string) {
    // O_NOCTTY: a hang-up of the line must not end this process.
    const fd = openSync(path, constants.O_RDWR | constants.O_NONBLOCK | constants.O_NOCTTY);
    super(new FileWrapper(fd));
    closeSync(fd); // the channel keeps a duplicate
    this.setTerminator('\n');
  }

  override collectIncomingData(data: Buffer) {
    this._collectIncomingData(data);
  }

  override foundTerminator() {
    console.log('%s', this._getData().toString().trimEnd());
  }

  override handleClose() {
    console.log('the other side is gone');
    super.handleClose();
    keyboard.close();
  }
}

class Keyboard extends FileDispatcher {
  override handleRead() {
    const data = this.recv(8192);
    if (data.length > 0) line.push(data);
  }

  override writable() {
    return false;
  }

  override handleClose() {
    this.close();
    line.closeWhenDone();
  }
}

const [path = '/dev/ttyUSB0'] = process.argv.slice(2);
const line = new Line(path);
const keyboard = new Keyboard(0);
await loop();
