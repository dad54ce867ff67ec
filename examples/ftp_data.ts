// The data connections of ftp_server.ts: the client connects to us (PASV, EPSV), or we to it (PORT, EPRT), and in
// either case it must be the host whose commands we obey.
import { createConnection, createServer, type Dispatcher, type Server } from 'asyncore';
import type { Socket } from 'asyncore/socket';
import { Refusal } from './ftp_files.ts';

function hostOf(address: unknown): string {
  return Array.isArray(address) ? String(address[0]) : '';
}

export class DataConnection {
  /** Gives the connection for the next transfer, if there is to be one; the taker closes it. */
  connect: ((signal: AbortSignal) => Promise<Socket>) | undefined;
  readonly #control: Dispatcher;
  #passive: Server | undefined;
  /** Of the client's, and not taken yet. */
  #waiting: Socket | undefined;

  constructor(control: Dispatcher) {
    this.#control = control;
  }

  /** Returns the answer to PASV or EPSV. */
  listen(verb: string): string {
    this.forget();
    const { localAddress, remoteAddress } = this.#control;
    const [own, peer] = [hostOf(localAddress), hostOf(remoteAddress)];
    let arrive: () => void;
    const arrived = new Promise<void>((resolve) => {
      arrive = resolve;
    });
    const passive = createServer([own, 0], (socket, [host]) => {
      if (host !== peer) return socket.close(); // somebody else was faster than the client
      passive.close();
      this.#waiting = socket;
      arrive();
    });
    this.#passive = passive;
    this.connect = (signal) =>
      new Promise((resolve, reject) => {
        signal.addEventListener('abort', reject);
        arrived.then(() => {
          if (this.#waiting !== undefined) resolve(this.#waiting);
          this.#waiting = undefined;
        });
      });
    const [, port] = passive.getsockname();
    const bytes = [...own.split('.'), port >> 8, port & 255];
    return verb === 'PASV' ? `227 (${bytes.join(',')})` : `229 (|||${port}|)`;
  }

  /** Returns the answer to PORT or EPRT. */
  aim(verb: string, text: string): string {
    const numbers = text.split(',').map(Number);
    const [, , eprtHost = '', eprtPort = ''] = /^(.)[12]\1(.*)\1(\d+)\1$/.exec(text) ?? [];
    const [high = 0, low = 0] = numbers.slice(4);
    const isPort = verb === 'PORT';
    const [host, port] = isPort ? [numbers.slice(0, 4).join('.'), high * 256 + low] : [eprtHost, Number(eprtPort)];
    if (host !== hostOf(this.#control.remoteAddress)) throw new Refusal('501 Only to your own address');
    if (!(port >= 1024 && port < 65536)) throw new Refusal('501 Not to that port');
    this.forget();
    this.connect = (signal) => createConnection([host, port], { signal });
    return '200 I will connect';
  }

  forget() {
    this.#passive?.close();
    this.#waiting?.close();
    this.#waiting = undefined;
    this.connect = undefined;
  }
}
