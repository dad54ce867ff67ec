// Serves a folder over FTP to one user: a channel for commands, and for each transfer a stream over a connection
// of its own, which ABOR (urgent data) can end. Data connections go only to and from the client's own address.
//
//   npx tsx examples/ftp_server.ts /tmp/shared 2121 me:secret [seconds of patience]
//   curl ftp://me:secret@localhost:2121/ ; curl -T file ftp://me:secret@localhost:2121/
import { constants } from 'node:fs';
import { type FileHandle, open, realpath, stat } from 'node:fs/promises';
import { posix } from 'node:path';
import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { AsyncChat, createServer, loop, type TimeoutKind } from 'asyncore';
import { SO_OOBINLINE, SOL_SOCKET, type Socket } from 'asyncore/socket';
import { toReadable, toWritable } from 'asyncore/stream';
import { DataConnection } from './ftp_data.ts';
import { Folder, Refusal, stamp } from './ftp_files.ts';

const [folder = '.', port = '0', login = 'me:secret', patience = '60'] = process.argv.slice(2);
const files = new Folder(await realpath(folder));
const PATIENCE = 1000 * Number(patience);
const { O_RDONLY, O_WRONLY, O_CREAT, O_TRUNC, O_NOFOLLOW, O_NONBLOCK } = constants;

const WORDS: Record<string, string> = {
  ENOENT: 'No such file',
  EACCES: 'Forbidden',
  ENOTDIR: 'No directory',
  EISDIR: 'A directory',
};

function answerTo(error: unknown): string {
  if (error instanceof Refusal) return error.message;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (WORDS[code] === undefined) console.error(error);
  return `550 ${WORDS[code] ?? 'It went wrong'}`;
}

/** The streams of a transfer over a data connection. */
type Streams = (socket: Socket) => [Readable, Writable];

class Session extends AsyncChat {
  override maxIncoming = 2048;
  #user = '';
  #failures = 0;
  #isKnown = false;
  #directory = '/';
  #offset = 0;
  readonly #data = new DataConnection(this);
  #transfer: AbortController | undefined;
  #transferred: Promise<void> = Promise.resolve();

  constructor(sock: Socket) {
    super(sock);
    sock.setsockopt(SOL_SOCKET, SO_OOBINLINE, 1); // the urgent byte of ABOR is the end of its line
    this.setTerminator('\n');
    for (const kind of ['read', 'write', 'message'] as const) this.setTimeout(kind, Number(patience));
    this.#reply('220 Ready');
  }

  override collectIncomingData(data: Buffer) {
    this._collectIncomingData(data);
  }

  override async foundTerminator() {
    const line = this._getData();
    const text = line.subarray(line.findIndex((byte) => byte < 0xf0)).toString(); // telnet's IP and DM go before ABOR
    const [, verb = '', argument = ''] = /^([A-Za-z]{3,4})(?: (.*?))?\r?$/s.exec(text) ?? [];
    if (verb.toUpperCase() !== 'ABOR') await this.#transferred;
    try {
      if (/[\0\r\n]/.test(argument)) throw new Refusal('501 Not in a name');
      await this.#obey(verb.toUpperCase(), argument);
    } catch (error) {
      this.#reply(answerTo(error));
    }
  }

  #reply(...lines: string[]) {
    if (this.connected) this.push(`${lines.join('\r\n')}\r\n`);
  }

  #end(answer: string) {
    this.#reply(answer);
    this.closeWhenDone();
    this.pauseIncoming();
  }

  async #obey(verb: string, text: string): Promise<void> {
    const path = posix.resolve(this.#directory, text.replace(verb === 'LIST' ? /^-\w+ ?/ : '', ''));
    if (verb === 'USER') [this.#user, this.#isKnown] = [text, false];
    if (verb === 'USER') return this.#reply('331 And the password?');
    if (verb === 'PASS') return this.#check(text);
    if (verb === 'QUIT') return this.#end('221 Bye');
    if (verb === 'FEAT')
      return this.#reply(
        '211-Features',
        ' EPRT',
        ' EPSV',
        ' MDTM',
        ' MLSD',
        ' REST STREAM',
        ' SIZE',
        ' UTF8',
        '211 End',
      );
    if (!this.#isKnown) throw new Refusal('530 Log in first');
    const offset = this.#offset;
    this.#offset = 0;
    switch (verb) {
      case 'NOOP':
      case 'OPTS':
        return this.#reply('200 As you like');
      case 'SYST':
        return this.#reply('215 UNIX Type: L8');
      case 'TYPE':
        return this.#reply(/^(I|A|A N|L 8)$/i.test(text) ? '200 All is sent as it is' : '504 Not that');
      case 'MODE':
      case 'STRU':
        return this.#reply(text === (verb === 'MODE' ? 'S' : 'F') ? '200 So it is' : '504 Not that');
      case 'PWD':
        return this.#reply(`257 "${this.#directory.replaceAll('"', '""')}"`);
      case 'CWD':
      case 'CDUP': {
        const directory = verb === 'CWD' ? path : posix.resolve(this.#directory, '..');
        if (!(await stat(await files.locate(directory))).isDirectory()) throw new Refusal('550 No directory');
        this.#directory = directory;
        return this.#reply('250 There we are');
      }
      case 'SIZE':
      case 'MDTM': {
        const stats = await stat(await files.locate(path));
        if (!stats.isFile()) throw new Refusal('550 No file');
        return this.#reply(`213 ${verb === 'SIZE' ? stats.size : stamp(stats.mtime)}`);
      }
      case 'REST':
        if (!/^\d{1,15}$/.test(text)) throw new Refusal('501 REST takes a number');
        this.#offset = Number(text);
        return this.#reply(`350 From ${text}`);
      case 'PASV':
      case 'EPSV':
        return this.#reply(this.#data.listen(verb));
      case 'PORT':
      case 'EPRT':
        return this.#reply(this.#data.aim(verb, text));
      case 'ABOR':
        this.#transfer?.abort();
        await this.#transferred;
        return this.#reply('226 Nothing is under way');
      case 'LIST':
      case 'NLST':
      case 'MLSD': {
        const listing = await files.list(path, verb);
        return this.#begin((socket) => [Readable.from([Buffer.from(listing)]), toWritable(socket)]);
      }
      case 'RETR': {
        const file = await this.#open(await files.locate(path), O_RDONLY | O_NONBLOCK);
        return this.#begin((socket) => [file.createReadStream({ start: offset }), toWritable(socket)], file);
      }
      case 'STOR': {
        const flags = O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | (offset > 0 ? 0 : O_TRUNC);
        const file = await this.#open(await files.locate(path, true), flags);
        return this.#begin((socket) => [toReadable(socket), file.createWriteStream({ start: offset })], file);
      }
      default:
        throw new Refusal('502 Unknown command');
    }
  }

  #check(password: string) {
    this.#isKnown = `${this.#user}:${password}` === login;
    if (this.#isKnown) return this.#reply('230 Welcome');
    if (++this.#failures === 3) return this.#end('421 That is enough');
    throw new Refusal('530 No');
  }

  async #open(name: string, flags: number): Promise<FileHandle> {
    if (this.#data.connect === undefined) throw new Refusal('425 PASV or PORT comes first');
    const file = await open(name, flags);
    if ((await file.stat()).isFile()) return file;
    await file.close();
    throw new Refusal('550 No file');
  }

  #begin(streams: Streams, file?: FileHandle) {
    const { connect } = this.#data;
    if (connect === undefined) throw new Refusal('425 PASV or PORT comes first');
    this.#reply('150 Here it goes');
    this.#transferred = this.#run(connect, streams).finally(() => file?.close());
  }

  async #run(connect: (signal: AbortSignal) => Promise<Socket>, streams: Streams) {
    const abort = new AbortController();
    this.#transfer = abort;
    const timer = setTimeout(() => abort.abort(), PATIENCE);
    let failure = '425 No connection';
    try {
      const [source, target] = streams(await connect(abort.signal));
      failure = '426 It was cut off';
      const watch = async function* (pieces: AsyncIterable<Buffer>) {
        for await (const piece of pieces) {
          timer.refresh();
          yield piece;
        }
      };
      await pipeline(source, watch, target, { signal: abort.signal });
      this.#reply('226 Done');
    } catch {
      this.#reply(failure);
    } finally {
      clearTimeout(timer);
      this.#transfer = undefined;
      this.#data.forget();
    }
  }

  override handleTimeout(kind: TimeoutKind) {
    if (kind === 'write') this.close();
    else if (kind === 'message' || this.#transfer === undefined) this.#end('421 Too slow');
    else this.setTimeout('read', Number(patience)); // otherwise it would come only once
  }

  override handleExpt() {} // the urgent byte is in the line (SO_OOBINLINE)

  override handleDone() {
    this.closeLingering();
  }

  override handleError(error: unknown) {
    const isTooLong = error instanceof Error && 'code' in error && error.code === 'ERR_INCOMING_TOO_LONG';
    if (isTooLong) this.#reply('500 Line too long');
    else this.close();
  }

  override close() {
    super.close();
    this.#transfer?.abort();
    this.#data.forget();
  }
}

const server = createServer(['127.0.0.1', Number(port)], (socket) => {
  new Session(socket);
});
console.log('listening on %j', server.getsockname());
await loop();
