// A chat server on asynchat: the terminator splits input into lines, push() queues output.
//
//   npx tsx examples/chat_server.ts 8080      (without a port, the system picks one)
//   nc localhost 8080                         (in two other terminals; type a name, then anything)
import { AsyncChat, Dispatcher, loop } from 'asyncore';
import type { Socket } from 'asyncore/socket';

const guests = new Set<Guest>();

function tellAll(line: string) {
  for (const guest of guests) guest.push(`${line}\n`);
}

class Guest extends AsyncChat {
  #name = '';

  constructor(sock: Socket) {
    super(sock);
    this.setTerminator('\n');
    this.push('Your name?\n');
  }

  override collectIncomingData(data: Buffer) {
    this._collectIncomingData(data);
  }

  override foundTerminator() {
    const line = this._getData().toString().trim();
    if (this.#name === '') this.#enter(line || 'nobody');
    else if (line === '/quit') this.#leave();
    else tellAll(`${this.#name}: ${line}`);
  }

  override handleClose() {
    super.handleClose();
    if (guests.delete(this)) tellAll(`${this.#name} has left`);
  }

  #enter(name: string) {
    this.#name = name;
    guests.add(this);
    tellAll(`${name} has joined (${guests.size} here)`);
  }

  #leave() {
    this.push('Bye!\n');
    this.closeWhenDone();
  }
}

class ChatServer extends Dispatcher {
  constructor(host: string, port: number) {
    super();
    this.createSocket();
    this.setReuseAddr();
    this.bind([host, port]);
    this.listen(128);
    console.log('listening on %j', this.socket?.getsockname());
  }

  override handleAccepted(sock: Socket) {
    new Guest(sock);
  }
}

new ChatServer('127.0.0.1', Number(process.argv[2] ?? 0));
await loop();
