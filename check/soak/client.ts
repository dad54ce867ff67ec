// The client of the soak, a process of its own: keeps so many connections, has some of them send
// frames at any time, and lets a third of them leave after a while, by a reset or a half-close, and
// come back. Arguments: the ports, how many are idle, how many active, whether some leave.
import { setTimeout as sleep } from 'node:timers/promises';
import { loop, socketMap } from '../../lib/index.ts';
import { Connection, type Listener } from './connection.ts';
import { memory, openSockets, type State } from './state.ts';

const [portList = '', idleCount = '0', activeCount = '0', leaving = 'stay'] = process.argv.slice(2);
const PORTS = portList.split(',').map(Number);
const TICK = 10;
/** Bursts that are begun in a tick, and the most frames of one. */
const BURSTS = 30;
const MOST_FRAMES = 4;
/** Connections that are made in a tick. */
const CONNECTS = 40;
/** The chance of a third of the connections to leave in a second. */
const LEAVES = 0.1;

const counts = { frames: 0, bytes: 0, resets: 0, halfCloses: 0, made: 0 };
const errors: string[] = [];
const idle: Connection[] = [];
const active = new Set<Connection>();
let wanted = Number(activeCount);
let isOver = false;
let latencies: number[] = [];

const listener: Listener = {
  connected() {
    counts.made++;
  },
  echoed(bytes, milliseconds) {
    counts.frames++;
    counts.bytes += bytes;
    latencies.push(milliseconds);
  },
  gone(connection, error) {
    active.delete(connection);
    if (error !== undefined && errors.length < 100) errors.push(error);
  },
};

function connect(): Connection | undefined {
  try {
    return new Connection(PORTS[counts.made % PORTS.length] ?? 0, listener);
  } catch (error) {
    // Every port of this machine's is in use or was a moment ago.
    if (!String(error).includes('EADDRNOTAVAIL')) throw error;
    return undefined;
  }
}

function anyOf(connections: readonly Connection[]): Connection | undefined {
  return connections[Math.floor(Math.random() * connections.length)];
}

function tick(): void {
  if (isOver) return;
  for (let i = 0; i < CONNECTS && idle.length < Number(idleCount); i++) {
    const connection = connect();
    if (connection !== undefined) idle.push(connection);
  }
  for (let i = 0; i < CONNECTS && active.size < wanted; i++) {
    const connection = connect();
    if (connection !== undefined) active.add(connection);
  }
  const connections = [...active];
  for (let i = 0; i < BURSTS; i++) {
    const connection = anyOf(connections);
    if (connection !== undefined && connection.pending < 16) {
      connection.sendFrames(1 + Math.floor(Math.random() * MOST_FRAMES));
    }
  }
  if (leaving !== 'leave') return;
  const leavers = (connections.length / 3) * LEAVES * (TICK / 1000);
  for (let i = 0; i < Math.floor(leavers + Math.random()); i++) leave(anyOf(connections));
}

function leave(connection: Connection | undefined): void {
  if (connection === undefined || !connection.connected) return;
  if (Math.random() < 0.5) {
    counts.resets++;
    connection.reset();
  } else {
    counts.halfCloses++;
    connection.halfClose();
  }
}

/** All leave: what was sent must come back first. */
async function end(): Promise<void> {
  isOver = true;
  wanted = 0;
  for (const connection of [...idle, ...active]) connection.halfClose();
  const deadline = performance.now() + 60_000;
  while (socketMap.size > 0 && performance.now() < deadline) await sleep(20);
  if (socketMap.size > 0) errors.push(`${socketMap.size} connections did not end`);
}

function state(): State {
  const sorted = latencies.sort((a, b) => a - b);
  latencies = [];
  return {
    connections: idle.filter(({ connected }) => connected).length + active.size,
    ...counts,
    ...memory(),
    sockets: openSockets(),
    latency: sorted[Math.floor(sorted.length * 0.99)] ?? 0,
    errors,
  };
}

process.on('message', async (message) => {
  if (message === 'end') await end();
  process.send?.(state());
});
process.on('disconnect', () => process.exit(0));
const timer = setInterval(tick, TICK);
tick();
while (!isOver) {
  await loop({ backend: 'poll', timeout: 0.5 });
  await sleep(1);
}
clearInterval(timer);
