// Serves the files of a folder over HTTP/1.1: keep-alive, pipelining, ranges, HEAD, and a page for each
// directory. foundTerminator() is async, so the next request of a connection waits for the answer to this one.
//
//   npx tsx examples/http_server.ts docs 8080 30      (folder, port, seconds of patience)
//   curl -i localhost:8080/ ; curl -r 0-99 localhost:8080/api.md
import { constants, type Stats } from 'node:fs';
import { open, readdir, realpath } from 'node:fs/promises';
import { extname, join, sep } from 'node:path';
import { AsyncChat, createServer, loop, type TimeoutKind } from 'asyncore';
import type { Socket } from 'asyncore/socket';

const [folder = '.', port = '0', patience = '30'] = process.argv.slice(2);
const root = await realpath(folder);

const REASONS: Record<number, string> = {
  200: 'OK',
  206: 'Partial Content',
  301: 'Moved Permanently',
  304: 'Not Modified',
  400: 'Bad Request',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  416: 'Range Not Satisfiable',
  431: 'Request Header Fields Too Large',
  500: 'Internal Server Error',
  505: 'HTTP Version Not Supported',
};
const STATUS_OF: Record<string, number> = { ENOENT: 404, ENOTDIR: 404, ENAMETOOLONG: 404, EACCES: 403, ELOOP: 403 };
const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.md': 'text/markdown; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
  '.png': 'image/png',
};

type Headers = Record<string, string | number>;

/** An answer that is no file. */
class Refusal extends Error {
  readonly status: number;
  readonly headers: Headers;

  constructor(status: number, headers: Headers = {}) {
    super(REASONS[status]);
    this.status = status;
    this.headers = headers;
  }
}

interface Request {
  readonly method: string;
  readonly path: string;
  readonly headers: Map<string, string>;
}

function parse(head: string): Request & { isLast: boolean } {
  const [start = '', ...lines] = head.split('\r\n');
  const [, method = '', target = '', version = ''] = /^([A-Z]+) (\S+) HTTP\/(\d\.\d)$/.exec(start) ?? [];
  if (method === '') throw new Refusal(400);
  if (!version.startsWith('1.')) throw new Refusal(505);
  const headers = new Map<string, string>();
  for (const line of lines) {
    const [, name, value = ''] = /^([\w!#$%&'*+.^`|~-]+):[ \t]*(.*?)[ \t]*$/.exec(line) ?? [];
    if (name === undefined) throw new Refusal(400);
    headers.set(name.toLowerCase(), value);
  }
  if (version === '1.1' && !headers.has('host')) throw new Refusal(400);
  const hasBody = Number(headers.get('content-length') ?? 0) !== 0 || headers.has('transfer-encoding');
  const path = target.replace(/^http:\/\/[^/]*/i, '').replace(/[?#].*$/s, '') || '/';
  return {
    method,
    path,
    headers,
    isLast: version === '1.0' || hasBody || /close/i.test(headers.get('connection') ?? ''),
  };
}

/** The real path of what is asked for, if that is in the folder; links that lead out of it are refused, too. */
async function locate(path: string): Promise<string> {
  let name: string;
  try {
    name = decodeURIComponent(path);
  } catch {
    throw new Refusal(400);
  }
  if (!name.startsWith('/') || name.includes('\0') || name.split('/').includes('..')) throw new Refusal(400);
  const file = await realpath(join(root, name));
  if (file !== root && !file.startsWith(root.endsWith(sep) ? root : root + sep)) throw new Refusal(403);
  return file;
}

/** The part that `Range` asks for, or undefined for the whole: several ranges, or nonsense, are not honoured. */
function rangeOf(text: string | undefined, size: number): [start: number, end: number] | undefined {
  const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(text ?? '') ?? [];
  if (first === '' && last === '') return undefined;
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === '' || last === '' ? size : Math.min(size, Number(last) + 1);
  if (first !== '' && last !== '' && Number(last) < start) return undefined;
  if (start >= end) throw new Refusal(416, { 'Content-Range': `bytes */${size}` });
  return [start, end];
}

const escapeHtml = (text: string) => text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);

async function directoryPage(path: string, directory: string): Promise<string> {
  const entries = await readdir(directory, { withFileTypes: true });
  const names = entries.map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name)).sort();
  const items = (path === '/' ? names : ['../', ...names]).map(
    (name) => `<li><a href="./${name.split('/').map(encodeURIComponent).join('/')}">${escapeHtml(name)}</a>`,
  );
  const title = escapeHtml(decodeURIComponent(path));
  return `<!doctype html><meta charset="utf-8"><title>${title}</title><h1>${title}</h1><ul>\n${items.join('\n')}\n</ul>\n`;
}

const etagOf = ({ size, mtimeMs }: Stats) => `"${size.toString(16)}-${Math.floor(mtimeMs).toString(16)}"`;

class Connection extends AsyncChat {
  override maxIncoming = 16384;
  #isLast = false;
  #isHead = false;
  #hasAnswered = false;

  constructor(sock: Socket) {
    super(sock);
    sock.setNoDelay();
    this.setTerminator('\r\n\r\n');
    for (const kind of ['idle', 'write', 'message'] as const) this.setTimeout(kind, Number(patience));
  }

  override collectIncomingData(data: Buffer) {
    this._collectIncomingData(data);
  }

  override async foundTerminator() {
    const head = this._getData().toString('latin1').trimStart();
    if (head === '' || this.#isLast) return; // an empty line before a request; what comes after the last one
    this.#hasAnswered = false;
    this.#isHead = head.startsWith('HEAD ');
    try {
      const request = parse(head);
      this.#isLast = request.isLast;
      await this.#serve(request);
    } catch (error) {
      if (!this.connected) return;
      if (this.#hasAnswered) return this.close(); // the rest of the file is missing, and this is how to say so
      const code = error instanceof Error && 'code' in error ? String(error.code) : '';
      const refusal = error instanceof Refusal ? error : new Refusal(STATUS_OF[code] ?? 500);
      if (refusal.status === 500) console.error(error);
      if (refusal.status === 400 || refusal.status === 505) this.#isLast = true;
      this.#answerText(refusal.status, `${refusal.message}\n`, refusal.headers);
    }
    if (this.#isLast) this.closeWhenDone();
  }

  async #serve({ method, path, headers }: Request) {
    if (method !== 'GET' && method !== 'HEAD') throw new Refusal(405, { Allow: 'GET, HEAD' });
    const name = await locate(path);
    const file = await open(name, constants.O_RDONLY | constants.O_NONBLOCK); // a FIFO would keep us waiting
    try {
      const stats = await file.stat();
      if (stats.isDirectory()) {
        if (!path.endsWith('/')) throw new Refusal(301, { Location: `/${path.replace(/^\/+/, '')}/` });
        const page = await directoryPage(path, name);
        return this.#answerText(200, page, { 'Content-Type': 'text/html; charset=utf-8' });
      }
      if (!stats.isFile()) throw new Refusal(403);
      const tag = { ETag: etagOf(stats), 'Last-Modified': stats.mtime.toUTCString() };
      if (headers.get('if-none-match')?.split(/, */).includes(tag.ETag)) return this.#answerHead(304, tag);
      const mayBePart = method === 'GET' && (headers.get('if-range') ?? tag.ETag) === tag.ETag;
      const range = mayBePart ? rangeOf(headers.get('range'), stats.size) : undefined;
      const [start, end] = range ?? [0, stats.size];
      this.#answerHead(range ? 206 : 200, {
        ...tag,
        'Accept-Ranges': 'bytes',
        'Content-Type': TYPES[extname(name)] ?? 'application/octet-stream',
        'Content-Length': end - start,
        ...(range && { 'Content-Range': `bytes ${start}-${end - 1}/${stats.size}` }),
      });
      if (method === 'HEAD') return;
      for (let at = start; at < end; ) {
        const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(Math.min(65536, end - at)), { position: at });
        if (bytesRead === 0) throw new Error('The file has become shorter');
        this.push(buffer.subarray(0, bytesRead));
        at += bytesRead;
        await this.drain(); // waits for a slow reader, and throws when it has gone
      }
    } finally {
      await file.close();
    }
  }

  #answerHead(status: number, headers: Headers) {
    this.#hasAnswered = true;
    const connection = this.#isLast ? { Connection: 'close' } : {};
    const all = Object.entries({ Date: new Date().toUTCString(), ...headers, ...connection });
    const lines = all.map(([name, value]) => `${name}: ${value}\r\n`);
    this.push(`HTTP/1.1 ${status} ${REASONS[status]}\r\n${lines.join('')}\r\n`);
  }

  #answerText(status: number, text: string, headers: Headers) {
    const length = { 'Content-Length': Buffer.byteLength(text) };
    this.cork();
    this.#answerHead(status, { 'Content-Type': 'text/plain; charset=utf-8', ...length, ...headers });
    if (!this.#isHead) this.push(text);
    this.uncork();
  }

  /** Says why, and closes; what the client still sends costs it nothing. */
  #refuse(status: number) {
    this.#isLast = true;
    this.#isHead = false;
    this.#answerText(status, `${REASONS[status]}\n`, {});
    this.closeWhenDone();
  }

  override handleTimeout(kind: TimeoutKind) {
    if (kind === 'write' || this.incoming.length === 0) this.close();
    else if (kind === 'message' && !this.#isLast) this.#refuse(408); // one that sends a byte now and then is never idle
  }

  override handleEof() {
    this.closeWhenDone();
  }

  override handleDone() {
    this.closeLingering();
  }

  override handleError(error: unknown) {
    const isTooLong = error instanceof Error && 'code' in error && error.code === 'ERR_INCOMING_TOO_LONG';
    if (!isTooLong) this.close();
    else if (!this.#isLast) this.#refuse(431); // otherwise it is the body of what has been refused already
  }
}

const server = createServer(['127.0.0.1', Number(port)], (socket) => new Connection(socket));
console.log('listening on %j', server.getsockname());
await loop();
