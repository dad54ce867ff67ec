// A server on a listener that it inherits as descriptor 3. When its input ends, it prints how many
// connections it has served. Run by reliability_processes.test.ts.
import { Dispatcher, loop } from '../../lib/index.ts';
import { Socket } from '../../lib/socket.ts';

let served = 0;

class Server extends Dispatcher {
  override handleAccepted(sock: Socket) {
    served++;
    sock.send('hello');
    sock.close();
  }
}

const server = new Server(Socket.fromFd(3));
server.accepting = true;
console.log('ready');
process.stdin.resume();
process.stdin.on('end', () => {
  console.log(served);
  server.close();
});
await loop({ backend: process.argv[2] === 'poll' ? 'poll' : 'select' });
