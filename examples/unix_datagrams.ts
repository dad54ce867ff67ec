// A service on a UNIX datagram socket, which Node's dgram does not offer: prints each message, and answers
// senders that have a name.
//
//   npx tsx examples/unix_datagrams.ts /tmp/messages
//   echo hello | nc -uU /tmp/messages         (in another terminal)
import { rmSync } from 'node:fs';
import { Dispatcher, loop } from 'asyncore';
import { AF_UNIX, SOCK_DGRAM } from 'asyncore/socket';

class Service extends Dispatcher {
  constructor(path: string) {
    super();
    this.createSocket(AF_UNIX, SOCK_DGRAM);
    rmSync(path, { force: true }); // what an earlier run left
    this.bind(path);
    console.log('listening on %s', path);
  }

  override writable() {
    return false;
  }

  override handleRead() {
    const { socket } = this;
    if (socket === null) return;
    const [message, sender] = socket.recvfrom(65536);
    console.log('%s: %s', sender.length > 0 ? sender : 'somebody', message.toString().trimEnd());
    if (typeof sender === 'string' && sender !== '') socket.sendto(`${message.length} bytes`, sender);
  }
}

const [path = '/tmp/messages'] = process.argv.slice(2);
new Service(path);
await loop();
