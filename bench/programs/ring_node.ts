// The pipe ring on Node: a net.Socket on each read end. It writes with fs.writeSync(), as the C
// programs do, or with --mode socket through a net.Socket too.
import { constants, openSync, writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { option } from './options.ts';
import { openPipes, Ring, token } from './ring.ts';

const throughSockets = option('mode', 'sync') === 'socket';
const writeEnds: number[] = [];
const writers: Socket[] = [];

const idle: Socket[] = [];

const ring = new Ring(
  (pipe) => {
    if (throughSockets) writers[pipe]?.write(token);
    else writeSync(writeEnds[pipe] ?? -1, token);
  },
  (channel, wants) => {
    if (wants) idle[channel]?.resume();
    else idle[channel]?.pause();
  },
);

for (const [pipe, [readEnd, writeEnd]] of openPipes(ring.pipes).entries()) {
  const reader = new Socket({ fd: readEnd, readable: true, writable: false });
  reader.on('data', (data) => ring.received(pipe, data));
  writeEnds.push(writeEnd);
  if (throughSockets) writers.push(new Socket({ fd: writeEnd, readable: false, writable: true }));
}
const quiet = openPipes(1)[0]?.[0] ?? -1;
for (let i = 0; i < ring.idle; i++) {
  const fd = openSync(`/proc/self/fd/${quiet}`, constants.O_RDONLY | constants.O_NONBLOCK);
  idle.push(new Socket({ fd, readable: true, writable: false }).resume());
}
ring.start();
