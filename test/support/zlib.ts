// pipeline() through zlib, over a socketpair.
import { createHash, randomBytes } from 'node:crypto';
import { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { socketpair } from '../../lib/socket.ts';
import { toReadable, toWritable } from '../../lib/stream.ts';

/**
 * Sends so many pieces of 1 MiB, compressed, and reads them at the other end; `measure` is called before each. The
 * hashes of what was sent and of what was received.
 */
export async function throughZlib(
  pieces: number,
  measure: (index: number) => void,
): Promise<{ sent: string; received: string }> {
  const [here, there] = socketpair();
  const [sent, received] = [createHash('sha256'), createHash('sha256')];
  const piece = randomBytes(1 << 20);
  async function* source() {
    for (let i = 0; i < pieces; i++) {
      piece.writeInt32LE(i);
      sent.update(piece);
      measure(i);
      // zlib keeps what it is given until it has compressed it.
      yield Buffer.from(piece);
    }
  }
  const sink = new Writable({
    write(data, _encoding, done) {
      received.update(data);
      done();
    },
  });
  await Promise.all([
    pipeline(Readable.from(source()), createGzip({ level: 1 }), toWritable(here)),
    pipeline(toReadable(there), createGunzip(), sink),
  ]);
  return { sent: sent.digest('hex'), received: received.digest('hex') };
}
