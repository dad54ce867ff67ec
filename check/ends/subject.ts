// A process with twenty live channels whose loop is in a blocked wait; then it ends in the way that
// is named, after saying the moment (on the clock that all processes share) on standard error.
import { writeSync } from 'node:fs';
import { Dispatcher, FileDispatcher, loop } from '../../lib/index.ts';
import { type Socket, socketpair } from '../../lib/socket.ts';
import { start } from './threads.ts';

class Idle extends Dispatcher {
  override writable() {
    return false;
  }
  override handleRead() {
    this.recv(64);
  }
  override handleClose() {
    this.close();
  }
}

class Input extends FileDispatcher {
  override writable() {
    return false;
  }
  override handleRead() {
    this.recv(64);
  }
}

const [way = 'return', backend = 'poll', terminal] = process.argv.slice(2);
const channels: Idle[] = [];
const peers: Socket[] = [];

function say(word: string): void {
  writeSync(2, `${word} ${process.hrtime.bigint()}\n`);
}

const ENDS: Readonly<Record<string, () => void>> = {
  return: () => {
    for (const peer of peers) peer.close();
  },
  exit: () => process.exit(7),
  throw: () => {
    throw new Error('on purpose');
  },
  rejection: () => {
    void Promise.reject(new Error('on purpose'));
  },
  // With eight threads that wait, too.
  threads: () => process.exit(7),
  // These come from outside.
  SIGTERM: () => {},
  SIGINT: () => {},
};

for (let i = 0; i < 20; i++) {
  const [near, far] = socketpair();
  channels.push(new Idle(near));
  peers.push(far);
}
// The terminal's own channel; with it, nothing ends by itself.
const input = terminal === undefined ? undefined : new Input(0);
void loop({ backend: backend === 'select' ? 'select' : 'poll', timeout: null });
if (way === 'threads') {
  const threads = Array.from({ length: 8 }, (_, i) => start(i % 2 ? 'select' : 'poll', false));
  await Promise.all(threads.map(({ waits }) => waits));
}
setTimeout(() => {
  say('ends');
  if (way === 'return') input?.close();
  ENDS[way]?.();
}, 100);
