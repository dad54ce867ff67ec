// The HTTP/1.0 client from Python's asyncore documentation: writable() is called before every wait,
// so handleWrite() is called only while there is something to send.
//
//   npx tsx examples/http_client.ts example.org /
//   npx tsx examples/http_client.ts localhost /some/file 8080
import { Dispatcher, loop } from 'asyncore';

class HTTPClient extends Dispatcher {
  #buffer: Buffer;

  constructor(host: string, path: string, port = 80) {
    super();
    this.#buffer = Buffer.from(`GET ${path} HTTP/1.0\r\nHost: ${host}\r\n\r\n`);
    this.createSocket();
    this.connect([host, port]);
  }

  override writable() {
    return this.#buffer.length > 0;
  }

  override handleWrite() {
    const sent = this.send(this.#buffer);
    this.#buffer = this.#buffer.subarray(sent);
  }

  override handleRead() {
    process.stdout.write(this.recv(8192));
  }
}

const [host = 'example.org', path = '/', port = '80'] = process.argv.slice(2);
new HTTPClient(host, path, Number(port));
await loop();
