// Talks to a device on a serial line, line by line: raw mode, a baud rate, and the terminal as it was
// when the program ends, even with Ctrl-C.
//
//   npx tsx examples/serial.ts                        (a device of its own, at the end of a new terminal)
//   npx tsx examples/serial.ts /dev/ttyUSB0 115200    (type a line; stop it with Ctrl-C)
import { AsyncChat, FileWrapper, loop } from 'asyncore';
import { openpty, setRaw, ttyname } from 'asyncore/tty';

/** Lines from a terminal, and what to do with each. */
class Lines extends AsyncChat<FileWrapper> {
  readonly #hear: (line: string) => void;

  constructor(file: FileWrapper, hear: (line: string) => void, end = '\r\n') {
    super(file);
    this.#hear = hear;
    this.setTerminator(end);
  }

  override collectIncomingData(data: Buffer) {
    this._collectIncomingData(data);
  }

  override foundTerminator() {
    this.#hear(this._getData().toString());
  }
}

/** A device that understands two commands. */
function startDevice(line: FileWrapper): void {
  const answers = new Map([
    ['AT', 'OK'],
    ['ATI', 'a device at the end of a terminal'],
  ]);
  const device = new Lines(line, (command) => device.push(`${answers.get(command) ?? 'ERROR'}\r\n`));
}

const [path, baudRate = '115200'] = process.argv.slice(2);
if (path !== undefined) {
  // Neither waits for a carrier nor becomes the controlling terminal.
  const file = FileWrapper.open(path, 'r+');
  setRaw(file, { baudRate: Number(baudRate), flowControl: 'none' });
  const port = new Lines(file, (line) => console.log('device: %s', line));
  new Lines(new FileWrapper(0), (line) => port.push(`${line}\r\n`), '\n');
  console.log('connected to %s at %d baud', path, baudRate);
} else {
  const [master, slave] = openpty();
  setRaw(slave, { baudRate: Number(baudRate) });
  startDevice(master);
  const commands = ['AT', 'ATI', 'ATX'];
  const port = new Lines(slave, (line) => {
    console.log('device: %s', line);
    next();
  });
  const next = () => {
    const command = commands.shift();
    // Its end is the end of the device's line, too.
    if (command === undefined) return port.close();
    console.log('%s <- %s', ttyname(slave), command);
    port.push(`${command}\r\n`);
  };
  next();
}
await loop();
