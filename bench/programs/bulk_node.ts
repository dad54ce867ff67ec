// Reads the bulk transfer with Node: a net.Socket, or with --mode fs a stream of fs.
import { createReadStream } from 'node:fs';
import { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { ended, fifo, openInput, received } from './bulk.ts';
import { option, READ_SIZE } from './options.ts';

function open(): Readable {
  if (option('mode', 'net') === 'net') {
    return new Socket({ fd: openInput(), readable: true, writable: false });
  }
  // Opened by the stream itself, as users do: it blocks a thread of the pool, not the loop.
  const settings = { highWaterMark: READ_SIZE };
  return fifo === null ? createReadStream('', { fd: openInput(), ...settings }) : createReadStream(fifo, settings);
}

const input = open();
input.on('data', (piece: Buffer) => received(piece));
input.on('end', ended);
