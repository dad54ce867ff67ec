// A server that runs out of descriptors and then gets some back. Run by accept_pause.test.ts under a
// low limit.
import { closeSync, openSync } from 'node:fs';
import { Dispatcher, loop } from '../../lib/index.ts';
import { Socket } from '../../lib/socket.ts';

const taken: number[] = [];

class Server extends Dispatcher {
  constructor() {
    super();
    this.createSocket();
    this.bind(['127.0.0.1', 0]);
    this.listen(5);
  }

  override handleAccepted(sock: Socket) {
    console.log('served');
    sock.close();
    this.close();
    client.close();
  }
}

const client = new Socket();
const server = new Server();
client.connectEx(server.socket?.getsockname() ?? '');
// Lets the loop's thread open its own descriptors first.
class Idle extends Dispatcher {
  override readable() {
    return false;
  }
  override writable() {
    return false;
  }
}
await loop({ count: 1, timeout: 0.01, map: new Map([[client.fileno(), new Idle()]]) });
try {
  for (;;) taken.push(openSync('/dev/null', 'r'));
} catch {
  // No descriptors are left.
}
setTimeout(() => {
  for (const fd of taken) closeSync(fd);
}, 250);
await loop({ timeout: 30 });
