// A chat room for telnet: commands (IAC) are taken out of what is typed, options are declined, and urgent data,
// which overtakes all else, interrupts: the line that is being typed and all output that waits are forgotten.
// Whoever does not read what the others say is shown out.
//
//   npx tsx examples/telnet_chat.ts 2323 [seconds of patience]
//   telnet localhost 2323              (or: curl telnet://localhost:2323; in telnet, ^] and "send synch")
import { AsyncChat, createServer, loop } from 'asyncore';
import type { Socket } from 'asyncore/socket';

const [port = '0', patience = '600'] = process.argv.slice(2);
const MOST = 500;

// RFC 854
const [SE, AYT, EC, EL, SB, WILL, DONT, IAC] = [240, 246, 247, 248, 250, 251, 254, 255];
const [LF, CR, BS, DEL] = [10, 13, 8, 127];
/** WILL is answered with DONT, DO with WONT; WONT and DONT are what we wish for anyway. */
const DECLINED: Record<number, number> = { 251: 254, 253: 252 };

const guests = new Set<Guest>();

function tellAll(line: string) {
  for (const guest of [...guests]) guest.tell(line);
}

class Guest extends AsyncChat {
  override highWaterMark = 1 << 18;
  #name = '';
  #line: number[] = [];
  /** Finds the meaning of the next byte. */
  #next: (byte: number) => void = this.#text;

  constructor(sock: Socket) {
    super(sock);
    this.setTerminator(null);
    this.setTimeout('idle', Number(patience));
    this.tell('Your name?');
  }

  tell(line: string) {
    this.push(`${line}\r\n`);
    if (this.isFull) this.#leave('reads too slowly');
  }

  override collectIncomingData(data: Buffer) {
    for (const byte of data) {
      if (this.connected) this.#next(byte);
    }
  }

  /** Urgent: the byte itself says nothing, in telnet it is the DM of IAC DM. */
  override handleExpt() {
    super.handleExpt();
    this.#line = [];
    this.producerFifo.clear();
    this.tell('[interrupted]');
  }

  override handleTimeout() {
    this.tell('[you are asleep]');
    this.#leave('has fallen asleep');
  }

  override handleError(error: unknown) {
    console.error(String(error));
    this.#leave('has been lost');
  }

  override handleClose() {
    this.#leave('has left');
  }

  #leave(why: string) {
    this.close();
    if (guests.delete(this)) tellAll(`* ${this.#name} ${why}`);
  }

  #text(byte: number) {
    if (byte === IAC) this.#next = this.#command;
    else if (byte === LF) this.#hear();
    else if (byte === BS || byte === DEL) this.#line.pop();
    else if (byte !== CR && byte !== 0 && this.#line.length < MOST) this.#line.push(byte);
  }

  #command(byte: number) {
    this.#next = this.#text;
    if (byte < SE)
      this.#text(byte); // no command: urgent data has taken the other half of the IAC
    else if (byte >= WILL && byte <= DONT) this.#next = (option) => this.#decline(byte, option);
    else if (byte === SB) this.#next = this.#subnegotiation;
    else if (byte === AYT) this.tell('[yes]');
    else if (byte === EC) this.#line.pop();
    else if (byte === EL) this.#line = [];
  }

  #decline(command: number, option: number) {
    this.#next = this.#text;
    const answer = DECLINED[command];
    if (answer !== undefined) this.push(Buffer.of(IAC, answer, option));
  }

  #subnegotiation(byte: number) {
    if (byte !== IAC) return;
    this.#next = (after) => {
      this.#next = after === SE ? this.#text : this.#subnegotiation;
    };
  }

  #hear() {
    const line = Buffer.from(this.#line).toString().replace(/\p{C}/gu, '').trim();
    this.#line = [];
    if (this.#name === '') this.#enter(line);
    else if (line === '/who') this.tell([...guests].map((guest) => guest.#name).join(', '));
    else if (line === '/quit') this.#bye();
    else if (line !== '') tellAll(`${this.#name}: ${line}`);
  }

  #enter(name: string) {
    const isTaken = [...guests].some((guest) => guest.#name === name);
    if (isTaken || !/^[\p{L}\d_-]{1,20}$/u.test(name)) return this.tell('Another name?');
    this.#name = name;
    guests.add(this);
    tellAll(`* ${name} has joined`);
  }

  #bye() {
    this.tell('Bye!');
    this.closeWhenDone();
  }
}

const server = createServer(['127.0.0.1', Number(port)], (socket) => {
  new Guest(socket);
});
console.log('listening on %j', server.getsockname());
await loop();
