// Prints what a keyboard, mouse or touch screen reports: the records of /dev/input, which are never cut.
//
//   sudo npx tsx examples/input_events.ts /dev/input/event0
import { closeSync, constants, openSync } from 'node:fs';
import { endianness } from 'node:os';
import { FileDispatcher, loop } from 'asyncore';

/** sizeof(struct input_event) on a 64-bit system: two numbers of 8 bytes for the time, then type, code, value. */
const SIZE = 24;
const TYPES = new Map([
  [1, 'key'],
  [2, 'relative'],
  [3, 'absolute'],
]);
const isLittle = endianness() === 'LE';

class Events extends FileDispatcher {
  override handleRead() {
    const records = this.recv(64 * SIZE);
    const view = new DataView(records.buffer, records.byteOffset, records.length);
    for (let at = 0; at + SIZE <= records.length; at += SIZE) {
      const type = TYPES.get(view.getUint16(at + 16, isLittle));
      if (type === undefined) continue; // synchronization, among others
      console.log('%s %d %d', type, view.getUint16(at + 18, isLittle), view.getInt32(at + 20, isLittle));
    }
  }

  override writable() {
    return false;
  }

  override handleClose() {
    console.log('the device is gone');
    this.close();
  }
}

const [path = '/dev/input/event0'] = process.argv.slice(2);
const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
new Events(fd);
closeSync(fd); // the channel keeps a duplicate
await loop();
