// Receives mail over SMTP and keeps each message in a file of a folder: EHLO, SIZE, 8BITMIME, PIPELINING,
// dot-stuffing, limits, and STARTTLS if a key and a certificate are given. It is read line by line; a message's
// last line is answered when the file is written, and the next command waits for it.
//
//   npx tsx examples/smtp_server.ts /tmp/mail 2525 [seconds of patience] [bytes] [key.pem cert.pem]
//   curl smtp://localhost:2525 --mail-from me@here --mail-rcpt you@there -T message.txt
import { randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream';
import tls from 'node:tls';
import { AsyncChat, createServer, loop, type TimeoutKind } from 'asyncore';
import { type Socket, socketpair } from 'asyncore/socket';
import { toDuplex } from 'asyncore/stream';

const [folder = 'mail', port = '0', patience = '300', bytes = '33554432', key, cert] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });
const credentials = key && cert ? { key: readFileSync(key), cert: readFileSync(cert) } : undefined;

const MOST_BYTES = Number(bytes);
const MOST_RECIPIENTS = 100;
const MOST_MISTAKES = 10;
const COMMAND_LINE = 1024;
const TEXT_LINE = 65536;
const CRLF = Buffer.from('\r\n');
const KINDS: readonly TimeoutKind[] = ['read', 'write', 'message'];
const DOT = '.'.charCodeAt(0);

/** An answer that refuses a command. */
class Refusal extends Error {}

class Session extends AsyncChat {
  override maxIncoming = COMMAND_LINE;
  readonly #isSecure: boolean;
  #mistakes = 0;
  #client = '';
  #sender: string | undefined;
  #recipients: string[] = [];
  /** The lines of the message that is being received. */
  #message: Uint8Array[] | undefined;
  #size = 0;

  constructor(sock: Socket, isSecure = false) {
    super(sock);
    this.#isSecure = isSecure;
    this.setTerminator('\r\n');
    for (const kind of KINDS) this.setTimeout(kind, Number(patience)); // a line has its time, too
    if (!isSecure) this.#reply('220 mail.example ESMTP');
  }

  override collectIncomingData(data: Buffer) {
    this._collectIncomingData(data);
  }

  override foundTerminator() {
    const line = this._getData();
    if (this.#message !== undefined) return this.#receive(line, this.#message);
    const [, verb = '', text = ''] = /^(\w+) *(.*?) *$/s.exec(line.toString()) ?? [];
    try {
      this.#obey(verb.toUpperCase(), text);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      this.#mistake(error.message);
    }
    return undefined;
  }

  #reply(...lines: string[]) {
    this.push(`${lines.join('\r\n')}\r\n`);
  }

  #mistake(answer: string) {
    this.#reply(answer);
    if (++this.#mistakes > MOST_MISTAKES) this.#end('421 Too many mistakes');
  }

  #end(answer: string) {
    this.#reply(answer);
    this.closeWhenDone();
    this.pauseIncoming();
  }

  #obey(verb: string, text: string) {
    switch (verb) {
      case 'EHLO': {
        this.#greet(text);
        const secure = credentials && !this.#isSecure ? ['250-STARTTLS'] : [];
        return this.#reply('250-mail.example', '250-PIPELINING', '250-8BITMIME', ...secure, `250 SIZE ${MOST_BYTES}`);
      }
      case 'HELO':
        this.#greet(text);
        return this.#reply('250 mail.example');
      case 'MAIL':
        return this.#mail(text);
      case 'RCPT':
        return this.#rcpt(text);
      case 'DATA':
        if (text !== '') throw new Refusal('501 DATA stands alone');
        if (this.#recipients.length === 0) throw new Refusal('503 RCPT comes first');
        this.#message = [];
        this.maxIncoming = TEXT_LINE;
        return this.#reply('354 End with a dot on a line by itself');
      case 'RSET':
        this.#reset();
        return this.#reply('250 Reset');
      case 'NOOP':
        return this.#reply('250 Here I am');
      case 'VRFY':
        return this.#reply('252 Send some mail, and see');
      case 'QUIT':
        return this.#end('221 Bye');
      case 'STARTTLS':
        return this.#startTls(text);
      default:
        throw new Refusal('500 Unknown command');
    }
  }

  #greet(name: string) {
    if (name === '') throw new Refusal('501 Who are you?');
    this.#client = name;
    this.#reset();
  }

  #reset() {
    this.#sender = undefined;
    this.#recipients = [];
    this.#message = undefined;
    this.#size = 0;
    this.maxIncoming = COMMAND_LINE;
  }

  #mail(text: string) {
    if (this.#client === '') throw new Refusal('503 EHLO comes first');
    if (this.#sender !== undefined) throw new Refusal('503 One sender is enough');
    const [, sender, rest = ''] = /^FROM: *<([^<>\s]*)>((?: +[^ ]+)*)$/i.exec(text) ?? [];
    if (sender === undefined) throw new Refusal('501 MAIL FROM:<address>');
    for (const parameter of rest.split(/ +/).slice(1)) {
      const [, size] = /^SIZE=(\d{1,20})$/i.exec(parameter) ?? [];
      if (Number(size) > MOST_BYTES) throw new Refusal(`552 More than ${MOST_BYTES} bytes`);
      if (size === undefined && !/^BODY=(7BIT|8BITMIME)$/i.test(parameter)) throw new Refusal('555 Unknown parameter');
    }
    this.#sender = sender;
    this.#reply('250 Sender accepted');
  }

  #rcpt(text: string) {
    if (this.#sender === undefined) throw new Refusal('503 MAIL comes first');
    const [, recipient] = /^TO: *<([^<>\s]+)>$/i.exec(text) ?? [];
    if (recipient === undefined) throw new Refusal('501 RCPT TO:<address>');
    if (this.#recipients.length >= MOST_RECIPIENTS) throw new Refusal('452 Too many recipients');
    this.#recipients.push(recipient);
    this.#reply('250 Recipient accepted');
  }

  #receive(line: Buffer, message: Uint8Array[]): Promise<void> | undefined {
    if (line[0] === DOT) {
      if (line.length === 1) return this.#deliver(message);
      line = line.subarray(1); // the sender has put a dot before every dot
    }
    this.#size += line.length + 2;
    if (this.#size > MOST_BYTES)
      message.length = 0; // it is read to its end all the same
    else message.push(line, CRLF);
    return undefined;
  }

  async #deliver(message: Uint8Array[]) {
    const [from, to, size] = [this.#sender, this.#recipients, this.#size];
    this.#reset();
    if (size > MOST_BYTES)
      return this.#mistake(`552 More than ${MOST_BYTES} bytes, or a line of more than ${TEXT_LINE}`);
    const file = join(folder, `${randomUUID()}.eml`);
    try {
      await writeFile(file, Buffer.concat(message), { flag: 'wx' });
    } catch (error) {
      console.error(error);
      return this.#reply('451 It could not be kept; try again');
    }
    console.log('message %j', { from, to, size, file, secure: this.#isSecure });
    this.#reply('250 Kept');
  }

  /** TLS runs over this channel, and a new session over a pair of sockets whose other end is the plain text. */
  #startTls(text: string) {
    if (credentials === undefined || this.#isSecure) throw new Refusal('502 No TLS here');
    if (text !== '') throw new Refusal('501 STARTTLS stands alone');
    this.discardBuffers(); // what came in plain text behind STARTTLS is nobody's command
    this.#reply('220 Go ahead');
    for (const kind of KINDS) this.setTimeout(kind, null);
    const secure = new tls.TLSSocket(toDuplex(this), { isServer: true, ...credentials });
    const [inside, outside] = socketpair();
    pipeline(secure, toDuplex(outside), secure, () => {});
    new Session(inside, true);
  }

  override handleTimeout(kind: TimeoutKind) {
    if (kind === 'write') this.close();
    else this.#end('421 Too slow');
  }

  override handleDone() {
    this.closeLingering();
  }

  override handleError(error: unknown) {
    const isTooLong = error instanceof Error && 'code' in error && error.code === 'ERR_INCOMING_TOO_LONG';
    if (!isTooLong) this.close();
    else if (this.#message === undefined) this.#mistake('500 Line too long');
    else this.#size = Infinity; // refused at its end
  }
}

const server = createServer(['127.0.0.1', Number(port)], (socket) => new Session(socket));
console.log('listening on %j', server.getsockname());
await loop();
