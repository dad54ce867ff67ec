// A server that runs out of descriptors and then gets some back. Run by accept_pause.test.ts under a
// low limit.
import { closeSync, openSync } from 'node:fs';
import { Dispatcher, loop } from '../../lib/index.ts';
import { Socket } from '../../lib/socket.ts';
import { Listener } from '../support/echo.ts';

const taken: number[] = [];

const client = new Socket();
class Server extends Listener {}
const server = new Server(['127.0.0.1', 0], (sock) => {
  console.log('served');
  sock.close();
  server.close();
  client.close();
});
client.connectEx(server.address);
// The thread of the loop gets its own descriptors first.
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
