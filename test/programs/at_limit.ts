// An echo server that uses up all remaining descriptors on "fill", releases them on "free", and
// answers "count" with how often it has tried to accept so far and the processor time it has used.
import { closeSync, openSync } from 'node:fs';
import { loop } from '../../lib/index.ts';
import { Echo, Listener } from '../support/echo.ts';

class Server extends Listener {
  attempts = 0;

  override accept() {
    this.attempts++;
    return super.accept();
  }
  override logInfo() {}
}

const server = new Server(['127.0.0.1', 0], (sock) => new Echo(sock));
const fillers: number[] = [];

function fill(): void {
  try {
    for (;;) fillers.push(openSync('/dev/null', 'r'));
  } catch {
    // EMFILE: none are left.
  }
}

function answer(message: unknown): void {
  if (message === 'fill') fill();
  if (message === 'free') for (const fd of fillers.splice(0)) closeSync(fd);
  const { user, system } = process.cpuUsage();
  process.send?.({ attempts: server.attempts, cpu: (user + system) / 1e6 });
}

process.on('message', answer);
process.on('disconnect', () => process.exit(0));
process.send?.(server.address);
await loop({ backend: process.argv[2] === 'select' ? 'select' : 'poll' });
