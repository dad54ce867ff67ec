// A SOCKS5 proxy (RFC 1928, CONNECT alone, with RFC 1929 if a user is named). Each message's length
// is its terminator, and what the client sends ahead of time waits (pauseIncoming). Then both sides forward with
// back-pressure, and each ends on its own.
//
//   npx tsx examples/socks5.ts 1080 [user:password] [seconds of patience]
//   curl --socks5-hostname localhost:1080 http://example.org
import { timingSafeEqual } from 'node:crypto';
import { AsyncChat, createConnection, createServer, loop } from 'asyncore';
import { type Address, type AddressInfo, AF_INET, AF_INET6, inetNtop, inetPton, type Socket } from 'asyncore/socket';

const [port = '0', login = '', patience = '30'] = process.argv.slice(2);

const [V4, NAME, V6] = [1, 3, 4];
const [NO_AUTH, PASSWORD, NONE_ACCEPTABLE] = [0, 2, 0xff];
const CONNECT = 1;
const [FAILED, NOT_SUPPORTED, BAD_ADDRESS_TYPE] = [1, 7, 8];
const REPLIES: Record<string, number> = {
  EACCES: 2,
  ENETUNREACH: 3,
  EHOSTUNREACH: 4,
  ENOTFOUND: 4,
  EAI_AGAIN: 4,
  ETIMEDOUT: 4,
  ECONNREFUSED: 5,
};

class Side extends AsyncChat {
  override highWaterMark = 1 << 20;
  opposite: Side | undefined;

  override readable() {
    return super.readable() && (this.opposite === undefined || (this.opposite.connected && !this.opposite.isFull));
  }

  override collectIncomingData(data: Buffer) {
    this.opposite?.push(data);
  }

  override handleEof() {
    this.opposite?.endWhenDone();
  }

  override handleError(error: unknown) {
    console.error(String(error));
    this.handleClose();
  }

  override handleClose() {
    this.close();
    this.opposite?.closeWhenDone();
  }
}

class Client extends Side {
  readonly #deadline = performance.now() + 1000 * Number(patience);
  #give: ((message: Buffer) => void) | undefined;

  constructor(sock: Socket) {
    super(sock);
    this.setTimeout('read', Number(patience));
    this.pauseIncoming();
  }

  /** Takes so many bytes; what comes behind them waits until more are taken. */
  #take(length: number): Promise<Buffer> {
    if (length === 0) return Promise.resolve(Buffer.alloc(0)); // as a terminator, 0 would mean never
    return new Promise((give) => {
      this.#give = give;
      this.setTerminator(length);
      this.resumeIncoming();
    });
  }

  override collectIncomingData(data: Buffer) {
    if (this.opposite !== undefined) return super.collectIncomingData(data);
    this._collectIncomingData(data);
    if (performance.now() > this.#deadline) this.close(); // it is not silent, but it never comes to the point
  }

  override foundTerminator() {
    this.pauseIncoming();
    this.#give?.(this._getData());
  }

  override handleTimeout() {
    this.close();
  }

  override handleEof() {
    if (this.opposite === undefined) this.close();
    else super.handleEof();
  }

  override handleDone() {
    this.closeLingering();
  }

  #refuse(...answer: number[]) {
    this.push(Buffer.from(answer));
    this.closeWhenDone();
  }

  async negotiate() {
    const [version, count = 0] = await this.#take(2);
    if (version !== 5) return this.close(); // HTTP or SOCKS4: it would not understand an answer
    const methods = await this.#take(count);
    const method = login === '' ? NO_AUTH : PASSWORD;
    if (!methods.includes(method)) return this.#refuse(5, NONE_ACCEPTABLE);
    this.push(Buffer.of(5, method));
    if (method === PASSWORD) {
      const [, length = 0] = await this.#take(2);
      const user = await this.#take(length);
      const [passwordLength = 0] = await this.#take(1);
      const given = Buffer.concat([user, Buffer.from(':'), await this.#take(passwordLength)]);
      const isRight = given.length === Buffer.byteLength(login) && timingSafeEqual(given, Buffer.from(login));
      if (!isRight) return this.#refuse(1, FAILED);
      this.push(Buffer.of(1, 0));
    }
    const [, command, , type] = await this.#take(4);
    if (command !== CONNECT) return this.#refuse(...reply(NOT_SUPPORTED));
    const host = await this.#host(type);
    if (host === undefined) return this.#refuse(...reply(BAD_ADDRESS_TYPE));
    const address: Address = [host, (await this.#take(2)).readUInt16BE()];
    try {
      this.#forward(await createConnection(address, { timeout: Number(patience) }));
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : '';
      this.#refuse(...reply(REPLIES[code] ?? FAILED));
    }
  }

  async #host(type: number | undefined): Promise<string | undefined> {
    if (type === V4) return inetNtop(AF_INET, await this.#take(4));
    if (type === V6) return inetNtop(AF_INET6, await this.#take(16));
    if (type !== NAME) return undefined;
    const [length = 0] = await this.#take(1);
    return (await this.#take(length)).toString('latin1');
  }

  #forward(socket: Socket) {
    const far = new Side(socket);
    if (!this.connected) return far.close(); // the client did not wait
    far.opposite = this;
    this.opposite = far;
    for (const side of [this, far]) side.setTerminator(null);
    this.setTimeout('read', null);
    this.push(Buffer.from(reply(0, far.localAddress)));
    this.resumeIncoming();
  }
}

/** Version, reply, and the address from which we connected. */
function reply(code: number, from: AddressInfo | null = null): number[] {
  const [host, port] = Array.isArray(from) ? from : ['0.0.0.0', 0];
  const isV6 = host.includes(':');
  return [5, code, 0, isV6 ? V6 : V4, ...inetPton(isV6 ? AF_INET6 : AF_INET, host), port >> 8, port & 0xff];
}

const server = createServer(['127.0.0.1', Number(port)], (socket) => {
  const client = new Client(socket);
  client.negotiate().catch((error) => client.handleError(error));
});
console.log('listening on %j', server.getsockname());
await loop();
