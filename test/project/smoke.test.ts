import { expect, test } from 'vitest';
import { Dispatcher, DispatcherWithSend } from '../../lib/index.ts';
import type { Socket } from '../../lib/socket.ts';
import { FAMILIES, passesUntil, WAYS } from '../support/matrix.ts';

for (const way of WAYS) {
  for (const { name, family, address } of FAMILIES) {
    test(`an echo over ${name} (${way.name})`, async () => {
      class Echo extends DispatcherWithSend {
        override handleRead() {
          this.send(this.recv(8192));
        }
      }
      class Server extends Dispatcher {
        constructor() {
          super();
          this.createSocket(family);
          this.bind(address());
          this.listen(5);
        }
        override handleAccepted(sock: Socket) {
          new Echo(sock);
          this.close();
        }
      }
      let answer = '';
      class Client extends DispatcherWithSend {
        override handleConnect() {
          this.send('hello');
        }
        override handleRead() {
          answer += this.recv(8192);
          if (answer === 'hello') this.close();
        }
      }
      const server = new Server();
      const client = new Client();
      client.createSocket(family);
      client.connect(server.socket?.getsockname() ?? '');
      const map = new Map();
      void map;
      const { socketMap } = await import('../../lib/index.ts');
      await passesUntil(way, () => socketMap.size === 0);
      expect(answer).toBe('hello');
    });
  }
}
