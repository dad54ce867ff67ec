// Streams that are opened, piped and destroyed at random moments: what arrives is what was sent, in order, all
// of it unless somebody destroyed a stream.
import { once } from 'node:events';
import type { Duplex, Readable, Writable } from 'node:stream';
import { setImmediate as turn } from 'node:timers/promises';
import { AsyncChat, type Channel, Dispatcher, type LoopOptions, loop, pipe } from '../../lib/index.ts';
import { AF_UNIX, SOCK_SEQPACKET, type Socket, socketpair } from '../../lib/socket.ts';
import { toDuplex, toReadable, toWritable } from '../../lib/stream.ts';
import { Random } from './random.ts';

const AT_ONCE = 40;

/** Bytes of which each tells where it stands. */
const pattern = Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * 7 + (i >> 8)) & 0xff));

/** Opens one stream to write to and one to read from, in one of many ways. */
function open(random: Random, serve: (sock: Socket) => Dispatcher): [from: Readable | Duplex, to: Writable | Duplex] {
  const kind = random.below(5);
  if (kind === 0) {
    const [reader, writer] = pipe();
    return [toReadable(reader), toWritable(writer)];
  }
  const [here, there] = kind === 1 ? socketpair(AF_UNIX, SOCK_SEQPACKET) : socketpair();
  if (kind === 2) return [toDuplex(serve(here)), toDuplex(there)];
  if (kind === 3) return [toReadable(here), toDuplex(serve(there))];
  if (kind === 4) {
    const both: [Duplex, Writable] = [toDuplex(here.fileno()), toWritable(there.fileno())];
    here.close();
    there.close();
    return both;
  }
  return [toDuplex(here), toWritable(there)];
}

async function cycle(random: Random, serve: (sock: Socket) => Dispatcher): Promise<string> {
  const [from, to] = open(random, serve);
  const length = random.chance(0.5) ? random.below(2000) : random.below(pattern.length);
  let isDestroyed = false;
  let received = 0;
  let wrong = '';
  from.on('data', (data: Buffer) => {
    if (!data.equals(pattern.subarray(received, received + data.length))) wrong = 'other bytes';
    received += data.length;
    if (random.chance(0.02)) destroy();
  });
  // The other side of a stream that was destroyed finds that out.
  const allowed = ['EPIPE', 'ECONNRESET', 'ERR_STREAM_DESTROYED', 'ERR_STREAM_PREMATURE_CLOSE'];
  const closes = [from, to].map((stream) => {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (!isDestroyed || !allowed.includes(error.code ?? '')) wrong = String(error);
    });
    return new Promise((close) => stream.once('close', close));
  });
  function destroy() {
    isDestroyed = true;
    from.destroy();
    to.destroy();
  }
  for (let at = 0; at < length; ) {
    const size = Math.min(random.chance(0.3) ? 10 : 40_000, length - at);
    if (to.destroyed) break;
    const goesOn = to.write(pattern.subarray(at, at + size));
    at += size;
    if (!goesOn) await Promise.race([once(to, 'drain').catch(() => {}), ...closes]);
  }
  if (!to.destroyed) to.end();
  switch (random.below(4)) {
    case 0:
      destroy();
      break;
    case 1:
      for (let turns = random.below(4); turns > 0; turns--) await turn();
      destroy();
      break;
    default:
      if (!from.destroyed && !from.readableEnded) await Promise.race([once(from, 'end').catch(() => {}), closes[0]]);
  }
  from.destroy();
  to.destroy();
  await Promise.all(closes);
  if (!isDestroyed && received !== length) wrong = `${received} bytes of ${length}`;
  return wrong;
}

/** Takes `count` of them, some at once, and returns what was wrong. The channels among them are served with `options`. */
export async function runCycles(
  count: number,
  seed: number,
  options: LoopOptions,
  progress: (done: number) => void = () => {},
): Promise<string[]> {
  const map = new Map<number, Channel>();
  let isOver = false;
  const serving = (async () => {
    while (!isOver) {
      await loop({ ...options, map });
      await turn();
    }
  })();
  const serve = (sock: Socket) => (sock.fileno() % 2 === 0 ? new Dispatcher(sock, map) : new AsyncChat(sock, map));
  let next = 0;
  const wrong: string[] = [];
  const work = async () => {
    while (next < count) {
      const cycleSeed = seed + next++;
      progress(next);
      const reason = await cycle(new Random(cycleSeed), serve);
      if (reason !== '') wrong.push(`seed ${cycleSeed}: ${reason}`);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  isOver = true;
  if (map.size > 0) wrong.push(`${map.size} channels are left in the map`);
  await serving;
  return wrong;
}
