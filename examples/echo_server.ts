// The echo server from Python's asyncore documentation: a listener that creates a handler for every
// connection, and a handler that sends back what it receives.
//
//   npx tsx examples/echo_server.ts 8080      (without a port, the system picks one)
//   nc localhost 8080                         (in another terminal; type a line)
import { Dispatcher, DispatcherWithSend, loop } from 'asyncore';
import type { AddressInfo, Socket } from 'asyncore/socket';

class EchoHandler extends DispatcherWithSend {
  override handleRead() {
    this.send(this.recv(8192));
  }
}

class EchoServer extends Dispatcher {
  constructor(host: string, port: number) {
    super();
    this.createSocket();
    this.setReuseAddr();
    this.bind([host, port]);
    this.listen(128);
    console.log('listening on %j', this.socket?.getsockname());
  }

  override handleAccepted(sock: Socket, addr: AddressInfo) {
    console.log('incoming connection from %j', addr);
    new EchoHandler(sock);
  }
}

new EchoServer('127.0.0.1', Number(process.argv[2] ?? 0));
await loop();
