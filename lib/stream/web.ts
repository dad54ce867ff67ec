// Web Streams over whatever the library can wait for: each side ends, fails and is cancelled by itself,
// and the source is closed when both are over.
import type { Duplex, Readable, Writable } from 'node:stream';
import { ReadableStream, WritableStream } from 'node:stream/web';
import { inspect } from 'node:util';
import { bracketed } from '../descriptors/repr.ts';
import type { SourceLike } from '../source/open.ts';
import { bare, bytesOf } from '../system/arguments.ts';
import { asError } from '../system/errors.ts';
import { NativePromise } from '../system/later.ts';
import { unsent } from './outflow.ts';
import { type StreamOptions, toDuplex, toReadable, toWritable } from './streams.ts';

/** The two sides of a socket or file. */
export interface StreamPair {
  /** What comes from the source: a stream of bytes. */
  readable: ReadableStream<Uint8Array>;
  /** What goes to the source, bytes or text. */
  writable: WritableStream<Uint8Array | string>;
}

function errorOf(reason: unknown): Error {
  return asError(reason === undefined ? 'The stream was aborted' : reason);
}

/** The bytes in memory that nobody else uses: a byte stream takes the memory away. */
function movable(piece: Buffer): Uint8Array {
  const isWhole = piece.length === piece.buffer.byteLength;
  return isWhole ? new Uint8Array(piece.buffer) : Uint8Array.from(piece);
}

/** `twin`, which is Node's own and is shown as what it is over. */
function shown<T extends object>(twin: T, stream: Readable | Writable | Duplex): T {
  const text = () => bracketed(twin, stream.destroyed ? 'closed' : `of ${stream}`);
  return Object.defineProperty(twin, inspect.custom, bare({ value: text, configurable: true }));
}

/** `stream` as a byte stream; `cancel` ends its reading. */
function readableOf(stream: Readable | Duplex, cancel: (reason: unknown) => void): ReadableStream<Uint8Array> {
  const pieces = stream.iterator({ destroyOnReturn: false });
  const twin: ReadableStream<Uint8Array> = new ReadableStream({
    type: 'bytes',
    start(controller) {
      // The iterator listens only once somebody reads.
      stream.on('error', (error) => controller.error(error));
    },
    async pull(controller) {
      const { done, value } = await pieces.next();
      if (!done) {
        controller.enqueue(movable(value));
        return;
      }
      controller.close();
      // Who waits with a buffer of its own is answered only then.
      controller.byobRequest?.respond(0);
    },
    cancel,
  });
  return shown(twin, stream);
}

/** `stream` as a sink of bytes. */
function writableOf(stream: Writable | Duplex): WritableStream<Uint8Array | string> {
  const twin = new WritableStream<Uint8Array | string>(
    {
      start(controller) {
        stream.on('error', (error) => controller.error(error));
        stream.once('close', () => controller.error(new Error('The stream was closed')));
      },
      write(chunk) {
        const bytes = bytesOf(chunk, 'chunk');
        return new NativePromise((done, fail) => {
          stream.write(bytes, (error) => (error ? fail(error) : done()));
        });
      },
      close: () =>
        new NativePromise((done, fail) => {
          // Its end() would call nobody.
          if (stream.destroyed) throw unsent();
          stream.once('error', fail);
          stream.end((error?: Error | null) => {
            stream.off('error', fail);
            if (error) fail(error);
            else done();
          });
        }),
      abort(reason) {
        stream.destroy(errorOf(reason));
      },
    },
    { highWaterMark: 1 },
  );
  return shown(twin, stream);
}

/** A ReadableStream of bytes over `source`; cancelling it closes the source. See toDuplex(). */
export function toReadableStream(source: SourceLike, options?: StreamOptions): ReadableStream<Uint8Array> {
  const stream = toReadable(source, options);
  return readableOf(stream, () => void stream.destroy());
}

/** A WritableStream of bytes or text over `source`; closing it closes the source. See toDuplex(). */
export function toWritableStream(source: SourceLike, options?: StreamOptions): WritableStream<Uint8Array | string> {
  return writableOf(toWritable(source, options));
}

/**
 * Both sides of `source`, as TransformStream and WebTransport have them. Cancelling `readable` stops reading;
 * the source is closed when `writable` is closed as well, and at once when it is aborted. See toDuplex().
 */
export function toReadableWritablePair(source: SourceLike, options?: StreamOptions): StreamPair {
  const stream = toDuplex(source, { ...options, allowHalfOpen: true });
  const readable = readableOf(stream, () => {
    if (stream.writableFinished) stream.destroy();
    else stream.once('finish', () => stream.destroy());
  });
  return { readable, writable: writableOf(stream) };
}
