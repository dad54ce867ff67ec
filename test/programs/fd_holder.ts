// Receives descriptors from its standard input until its end, and answers each message with what it
// holds by then; writes into each that is a socket what it was sent for, so that none was lost or mixed up.
import { Dispatcher, loop } from '../../lib/index.ts';
import { recvFds, Socket } from '../../lib/socket.ts';
import { openDescriptors, openedSince } from '../support/descriptors.ts';

const before = openDescriptors();
const held: Socket[] = [];

class Holder extends Dispatcher {
  override writable() {
    return false;
  }

  override handleRead() {
    if (this.socket === null) return;
    const [data, fds] = recvFds(this.socket, 100, 253);
    for (const fd of fds) {
      if (fd instanceof Socket) held.push(fd);
    }
    if (data.length === 0) {
      held.forEach((sock, i) => {
        sock.send(`number ${i}`);
        sock.close();
      });
      this.close();
      console.log(`left ${openedSince(before).length}`);
    } else {
      this.send(`${held.length}\n`);
    }
  }
}

new Holder(Socket.fromFd(0));
await loop();
