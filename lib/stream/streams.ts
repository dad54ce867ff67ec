// Node's streams over whatever the library can wait for.
import { Duplex, Readable, Writable } from 'node:stream';
import { inspect } from 'node:util';
import type { AddressInfo } from '../descriptors/address.ts';
import { bracketed } from '../descriptors/repr.ts';
import { Socket } from '../descriptors/socket.ts';
import type { SourceLike } from '../source/open.ts';
import { checkSignal } from '../system/abort.ts';
import { bare, boolean, integer } from '../system/arguments.ts';
import { AF_INET, AF_INET6 } from '../system/constants.ts';
import { invalidType } from '../system/errors.ts';
import { checkTime, Idle } from './idle.ts';
import type { Done } from './outflow.ts';
import { Pump } from './pump.ts';

/** How a stream works over its source. */
export interface StreamOptions {
  /** Bytes that the stream holds in each direction before it asks its user, or its peer, to wait. Default 65536. */
  highWaterMark?: number;
  /** The most bytes per read. Default 65536. */
  readSize?: number;
  /** Whether the writable side stays open when the peer has ended; end() it then. Default true. */
  allowHalfOpen?: boolean;
  /** Whether input is text, in this encoding. */
  encoding?: BufferEncoding;
  /** Destroys the stream. */
  signal?: AbortSignal;
}

const SIZE = 65536;

interface Settings {
  readonly readSize: number;
  readonly options: { highWaterMark: number; encoding?: BufferEncoding };
  readonly allowHalfOpen: boolean;
  readonly signal: AbortSignal | undefined;
}

function settingsOf(options: StreamOptions = {}): Settings {
  if (typeof options !== 'object' || options === null) throw invalidType('options', 'of type object', options);
  const { highWaterMark = SIZE, readSize = SIZE, allowHalfOpen = true, encoding, signal } = bare(options);
  integer(highWaterMark, 'highWaterMark');
  integer(readSize, 'readSize', 1);
  boolean(allowHalfOpen, 'allowHalfOpen');
  // Before the source is taken.
  if (signal !== undefined) checkSignal(signal, 'signal');
  return {
    readSize,
    allowHalfOpen,
    signal,
    options: { highWaterMark, ...(encoding !== undefined && { encoding }) },
  };
}

const bytes = ({ chunk }: { chunk: Uint8Array }): Uint8Array => chunk;

/** Host and port of one end. */
function endOf(transport: unknown, ask: (socket: Socket) => AddressInfo): [host: string, port: number] | undefined {
  if (!(transport instanceof Socket) || (transport.family !== AF_INET && transport.family !== AF_INET6))
    return undefined;
  try {
    const address = ask(transport);
    return typeof address === 'string' || Buffer.isBuffer(address) ? undefined : [address[0], address[1]];
  } catch {
    // It has no peer any more.
    return undefined;
  }
}

/**
 * A Duplex over a channel, socket or descriptor, with those of net.Socket's properties and methods that
 * `http`, `tls` and their users ask for.
 */
export class DescriptorDuplex extends Duplex {
  readonly #pump: Pump;
  readonly #idle = new Idle(() => this.emit('timeout'));
  readonly #remote: [host: string, port: number] | undefined;
  readonly #local: [host: string, port: number] | undefined;

  /** @internal */
  constructor(from: SourceLike, wanted?: StreamOptions) {
    const { readSize, allowHalfOpen, options, signal } = settingsOf(wanted);
    const moved = () => this.#idle.touch();
    super({
      ...options,
      allowHalfOpen,
      read: () => this.#pump.read(),
      write: (chunk: Uint8Array, _encoding, done) => {
        moved();
        this.#pump.write([chunk], done);
      },
      writev: (chunks, done) => {
        moved();
        this.#pump.write(chunks.map(bytes), done);
      },
      final: (done) => this.#pump.end(done),
      destroy: (error, done) => {
        this.#idle.stop();
        this.#pump.close(error, done);
      },
    });
    this.#pump = new Pump(this, from, { in: this, out: this }, readSize);
    if (signal !== undefined) this.#pump.heed(signal);
    const { transport } = this.#pump.source;
    this.#remote = endOf(transport, (socket) => socket.getpeername());
    this.#local = endOf(transport, (socket) => socket.getsockname());
  }

  /** The peer's host, of a TCP connection. */
  get remoteAddress(): string | undefined {
    return this.#remote?.[0];
  }

  /** The peer's port, of a TCP connection. */
  get remotePort(): number | undefined {
    return this.#remote?.[1];
  }

  /** `'IPv4'` or `'IPv6'`, of a TCP connection. */
  get remoteFamily(): string | undefined {
    return familyOf(this.#remote);
  }

  /** The host of this end, of a TCP connection. */
  get localAddress(): string | undefined {
    return this.#local?.[0];
  }

  /** The port of this end, of a TCP connection. */
  get localPort(): number | undefined {
    return this.#local?.[1];
  }

  /** Readable's push(); what comes also starts the time of setTimeout() again. */
  override push(chunk: unknown, encoding?: BufferEncoding): boolean {
    this.#idle.touch();
    return super.push(chunk, encoding);
  }

  /** Emits 'timeout' when nothing was sent or received for so many **milliseconds**, as net.Socket does; 0 ends that. */
  setTimeout(milliseconds: number, listener?: () => void): this {
    checkTime(milliseconds);
    if (listener !== undefined) {
      if (milliseconds === 0) this.off('timeout', listener);
      else this.once('timeout', listener);
    }
    if (!this.destroyed) this.#idle.start(milliseconds);
    return this;
  }

  /** `<DescriptorDuplex of <Socket connected fd=n>>`, or `<DescriptorDuplex closed>`. */
  override toString(): string {
    return bracketed(this, this.#pump.shown);
  }

  /** @hidden */
  [inspect.custom](): string {
    return this.toString();
  }
}

function familyOf(address: [host: string, port: number] | undefined): string | undefined {
  if (address === undefined) return undefined;
  return address[0].includes(':') ? 'IPv6' : 'IPv4';
}

class DescriptorReadable extends Readable {
  readonly #pump: Pump;

  constructor(from: SourceLike, wanted?: StreamOptions) {
    const { readSize, options, signal } = settingsOf(wanted);
    super({
      ...options,
      read: () => this.#pump.read(),
      destroy: (error, done) => this.#pump.close(error, done),
    });
    this.#pump = new Pump(this, from, { in: this }, readSize);
    if (signal !== undefined) this.#pump.heed(signal);
  }

  override toString(): string {
    return bracketed(this, this.#pump.shown);
  }

  [inspect.custom](): string {
    return this.toString();
  }
}

class DescriptorWritable extends Writable {
  readonly #pump: Pump;

  constructor(from: SourceLike, wanted?: StreamOptions) {
    const { readSize, options, signal } = settingsOf(wanted);
    super({
      highWaterMark: options.highWaterMark,
      write: (chunk: Uint8Array, _encoding, done: Done) => this.#pump.write([chunk], done),
      writev: (chunks, done: Done) => this.#pump.write(chunks.map(bytes), done),
      final: (done: Done) => this.#pump.end(done),
      destroy: (error, done) => this.#pump.close(error, done),
    });
    this.#pump = new Pump(this, from, { out: this }, readSize);
    if (signal !== undefined) this.#pump.heed(signal);
  }

  override toString(): string {
    return bracketed(this, this.#pump.shown);
  }

  [inspect.custom](): string {
    return this.toString();
  }
}

/**
 * A Duplex over `source`: what comes is read only while the stream has room; end() shuts a socket's sending
 * side down; an error or destroy() closes both sides, and so does what closes the source.
 *
 * A Socket or FileWrapper belongs to the stream from now on. A descriptor is duplicated, and the original
 * is yours to close. A channel stays in its map and is served by its loop(), with the stream in the place of
 * its handlers: what it has yet to send is sent first, and what it received and did not use is read first.
 *
 * @example
 * import { createServer } from 'node:http';
 * import type { Socket } from 'asyncore/socket';
 * import { toDuplex } from 'asyncore/stream';
 *
 * const server = createServer((_, response) => response.end('hello'));
 * const serve = (socket: Socket) => server.emit('connection', toDuplex(socket));
 */
export function toDuplex(source: SourceLike, options?: StreamOptions): DescriptorDuplex {
  return new DescriptorDuplex(source, options);
}

/** A Readable over `source`; see toDuplex(). It closes the source at the end of the input. */
export function toReadable(source: SourceLike, options?: StreamOptions): Readable {
  return new DescriptorReadable(source, options);
}

/** A Writable over `source`; see toDuplex(). It closes the source when all has been written. */
export function toWritable(source: SourceLike, options?: StreamOptions): Writable {
  return new DescriptorWritable(source, options);
}
